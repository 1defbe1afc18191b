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

  /// The rows of a query, read by Google's Python client: a JSON object a line.
  func rows(_ query: String) async throws -> [[String: PythonValue]] {
    let server = try await server()
    let output = try await Python.run(
      server.python, "read_rows.py", [server.url, Self.project, query], input: "")
    return try output.split(separator: "\n").map {
      try JSONDecoder().decode([String: PythonValue].self, from: Data($0.utf8))
    }
  }
}

/// A value that Google's client gave.
enum PythonValue: Decodable, Equatable, Sendable, ExpressibleByStringLiteral,
  ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral, ExpressibleByNilLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  case null
  case boolean(Bool)
  case integer(Int64)
  /// Timestamps as `timestamp:…`, floats as `float:…`.
  case text(String)
  case array([PythonValue])
  case object([String: PythonValue])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .boolean(value)
    } else if let value = try? container.decode(Int64.self) {
      self = .integer(value)
    } else if let value = try? container.decode(String.self) {
      self = .text(value)
    } else if let value = try? container.decode([PythonValue].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: PythonValue].self))
    }
  }

  init(stringLiteral value: String) { self = .text(value) }
  init(integerLiteral value: Int64) { self = .integer(value) }
  init(booleanLiteral value: Bool) { self = .boolean(value) }
  init(nilLiteral: ()) { self = .null }
  init(arrayLiteral elements: PythonValue...) { self = .array(elements) }
  init(dictionaryLiteral elements: (String, PythonValue)...) {
    self = .object(Dictionary(uniqueKeysWithValues: elements))
  }
}

/// Runs the Python files beside the tests.
enum Python {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// What the program prints. A thread waits for it, not a task.
  static func run(
    _ python: String, _ file: String, _ arguments: [String], input: String
  ) async throws -> String {
    try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread {
        continuation.resume(
          with: Result { try runBlocking(python, file, arguments, input: input) })
      }
    }
  }

  private static func runBlocking(
    _ python: String, _ file: String, _ arguments: [String], input: String
  ) throws -> String {
    let inputPath = NSTemporaryDirectory() + "progressbus-\(UUID().uuidString)"
    try input.write(toFile: inputPath, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: inputPath) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: python)
    process.arguments = ["\(ProjectFolder.path)/Tests/Python/\(file)"] + arguments
    process.standardInput = FileHandle(forReadingAtPath: inputPath)
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failure(description: output) }
    return output
  }
}
