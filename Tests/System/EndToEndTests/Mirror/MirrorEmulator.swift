import LocalStack
import ProgressBusTesting
import Testing

/// Runs `body` with a BigQuery emulator. Cancels the test where there is no Python 3.13.
func withMirrorEmulator(
  _ body: @Sendable (ServerController<BigQueryEmulator>) async throws -> Void
) async throws {
  try await withTemporaryFolder("bigquery") { folder in
    let emulator = ServerController(
      BigQueryEmulator(
        folder: folder, port: try LoopbackPort.free(), storagePort: try LoopbackPort.free(),
        project: "test",
        environmentFolder: ProjectFolder.path + "/.build/bigquery-emulator",
        scriptsFolder: ProjectFolder.path + "/scripts", withGoogleClient: true))
    do {
      try await withServer(emulator, body)
    } catch LocalStackError.programFailed(_, _, let output)
      where output.contains("needs Python 3.13")
    {
      try Test.cancel("\(output)")
    }
  }
}
