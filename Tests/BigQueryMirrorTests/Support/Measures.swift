import Foundation
import Synchronization

/// When calls came.
final class CallTimes: Sendable {
  private let times = Mutex<[ContinuousClock.Instant]>([])

  func note() { times.withLock { $0.append(.now) } }

  /// The most calls in any window of a second, less a little for the way they took.
  var mostInASecond: Int {
    times.withLock { times in
      times.indices.map { first in
        times[first...].prefix { $0 - times[first] < .milliseconds(950) }.count
      }.max() ?? 0
    }
  }
}

/// Says after so many questions that it is enough.
final class BatchCount: Sendable {
  private let left: Atomic<Int>

  init(limit: Int) { left = Atomic(limit) }

  func isReached() -> Bool { left.subtract(1, ordering: .relaxed).oldValue <= 0 }
}

/// This process' memory.
enum Memory {
  /// Resident bytes.
  static var resident: Int {
    let fields = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
    return (Int(fields.split(separator: " ").dropFirst().first ?? "") ?? 0) * 4_096
  }
}
