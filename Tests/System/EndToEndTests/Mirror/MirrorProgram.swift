import Foundation
import ProgressBusTesting

/// Runs programs to their end.
enum MirrorProgram {
  /// A command of ProgressBus. A thread waits for it, not a task.
  static func run(
    _ arguments: [String], environment: [String: String]
  ) async throws -> (status: Int32, output: String) {
    let program = try BuiltProducts.path(of: "progressbus")
    return try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread {
        continuation.resume(
          with: Result {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: program)
            process.arguments = arguments
            process.environment = ProcessInfo.processInfo.environment
              .merging(environment) { _, given in given }
            let pipe = Pipe()
            process.standardInput = FileHandle.nullDevice
            process.standardOutput = pipe
            process.standardError = pipe
            try process.run()
            let output = pipe.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            return (process.terminationStatus, String(decoding: output, as: UTF8.self))
          })
      }
    }
  }
}
