import CurlTransport
import Foundation
import LocalStack
import ProgressBusTesting
import Testing

/// Runs `body` with the URL of a BigQuery emulator. Cancels the test where there is no Python 3.13.
func withMirrorEmulator(_ body: @Sendable (String) async throws -> Void) async throws {
  try await withTemporaryFolder("bigquery") { folder in
    let emulator = ServerController(
      BigQueryEmulator(
        folder: folder, port: try LoopbackPort.free(), storagePort: try LoopbackPort.free(),
        project: "test",
        environmentFolder: MirrorProgram.projectFolder + "/.build/bigquery-emulator",
        scriptsFolder: MirrorProgram.projectFolder + "/scripts", withGoogleClient: true))
    do {
      try await withServer(emulator) { try await body($0.url) }
    } catch LocalStackError.programFailed(_, _, let output)
      where output.contains("needs Python 3.13")
    {
      try Test.cancel("\(output)")
    }
  }
}

extension MirrorDeployment {
  /// The first column of a query's rows, from BigQuery's own API.
  func bigQuery(_ url: String, _ query: String) async throws -> [String] {
    struct Answer: Decodable {
      struct Row: Decodable { let f: [Field] }
      struct Field: Decodable { let v: String? }
      let rows: [Row]?
    }
    let body = try JSONEncoder().encode(["query": query])
    let response = try await transport.send(
      HTTPRequest(
        .post, "\(url)/bigquery/v2/projects/test/queries",
        headers: ["Content-Type": "application/json"],
        body: Array(body.dropLast() + Data(#","useLegacySql":false}"#.utf8))))
    try #require(response.isSuccess, "\(String(decoding: response.body, as: UTF8.self))")
    let answer = try JSONDecoder().decode(Answer.self, from: Data(response.body))
    return (answer.rows ?? []).compactMap { $0.f.first?.v }
  }
}
