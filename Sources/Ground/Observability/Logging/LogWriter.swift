import Dispatch
import Foundation
import NIOConcurrencyHelpers

/// Writes log lines from a queue of its own, so that a slow terminal or a full pipe stops nobody.
///
/// Up to `limit` bytes wait; lines beyond that are counted, and the count is written once there is
/// room. Safe from any thread.
public final class LogWriter: Sendable {
  private struct State {
    var waiting: [UInt8] = []
    var dropped = 0
    var isDraining = false
  }

  private let state = NIOLockedValueBox(State())
  private let queue = DispatchQueue(label: "progressbus.log")
  private let limit: Int
  private let write: @Sendable ([UInt8]) -> Void

  /// - Parameters:
  ///   - limit: Bytes that may wait; 1 MiB by default.
  ///   - write: Called on the writer's queue, one call at a time; may block.
  public init(limit: Int = 1 << 20, write: @escaping @Sendable ([UInt8]) -> Void) {
    self.limit = limit
    self.write = write
  }

  /// Writes to standard error.
  public static func standardError() -> LogWriter {
    LogWriter { bytes in
      // A closed standard error leaves nowhere to say so.
      try? FileHandle.standardError.write(contentsOf: Data(bytes))
    }
  }

  func append(_ line: String) {
    let mustSchedule = state.withLockedValue { state -> Bool in
      guard state.waiting.count + line.utf8.count < limit else {
        state.dropped += 1
        return false
      }
      state.waiting.append(contentsOf: line.utf8)
      state.waiting.append(UInt8(ascii: "\n"))
      defer { state.isDraining = true }
      return !state.isDraining
    }
    if mustSchedule { queue.async { self.drain() } }
  }

  /// Waits until what was appended before is written. Blocks: for the end of the process only.
  public func flush() {
    queue.sync { drain() }
  }

  private func drain() {
    while true {
      let bytes = state.withLockedValue { state -> [UInt8] in
        var bytes: [UInt8] = []
        swap(&bytes, &state.waiting)
        if state.dropped > 0 {
          let notice = "\(state.dropped) log records were dropped: they came faster than written\n"
          bytes.append(contentsOf: notice.utf8)
          state.dropped = 0
        }
        if bytes.isEmpty { state.isDraining = false }
        return bytes
      }
      guard !bytes.isEmpty else { return }
      write(bytes)
    }
  }
}
