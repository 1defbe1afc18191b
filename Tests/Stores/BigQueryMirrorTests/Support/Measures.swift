import Foundation
import Synchronization

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
