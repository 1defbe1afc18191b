internal import Foundation

/// Runs the Python files beside the tests.
public enum Python {
  public struct Failure: Error, CustomStringConvertible {
    public let description: String
  }

  /// A Python with Google's client of Firestore and what makes CloudEvents; installed when it is not there.
  ///
  /// - Throws: `Failure` when it cannot be installed.
  public static func firestoreClients() async throws -> String {
    let folder = "\(ProjectFolder.path)/.build/firestore-clients"
    _ = try await run(
      "/bin/sh", "../../../scripts/install-firestore-clients", [folder], input: "")
    return "\(folder)/bin/python"
  }

  /// What the program prints. A thread waits for it, not a task.
  public static func run(
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
    process.arguments = ["\(ProjectFolder.path)/Tests/Support/Python/\(file)"] + arguments
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
