import Foundation
import LocalStack
import ProgressBusTesting

/// One BigQuery emulator for all tests of this process; each test has a dataset of its own.
actor SharedEmulator {
  static let shared = SharedEmulator()
  static let project = "test"

  private var starting: Task<BigQueryEmulator, any Error>?
  // Keeps the emulator's process referenced.
  private var controller: ServerController<BigQueryEmulator>?
  private var count = 0

  func server() async throws -> BigQueryEmulator {
    if let starting { return try await starting.value }
    let task = Task { () async throws -> BigQueryEmulator in
      let emulator = try BigQueryEmulator(
        folder: await TestFolders.shared.make("bigquery"), port: LoopbackPort.free(),
        storagePort: LoopbackPort.free(), project: Self.project,
        environmentFolder: "\(ProjectFolder.path)/.build/bigquery-emulator",
        scriptsFolder: "\(ProjectFolder.path)/scripts", withGoogleClient: true)
      let controller = ServerController(emulator)
      try await controller.start()
      self.controller = controller
      return emulator
    }
    starting = task
    return try await task.value
  }

  func nextDataset() -> String {
    count += 1
    return "dataset_\(count)"
  }

  /// The rows of a query, read by Google's Python client.
  func rows(_ query: String) async throws -> [[String: PythonValue]] {
    try await server().rows(query)
  }
}
