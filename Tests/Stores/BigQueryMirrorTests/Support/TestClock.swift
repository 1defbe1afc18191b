import Foundation
import Synchronization

/// A clock that a test sets.
final class TestClock: Sendable {
  private let seconds = Mutex(0.0)

  var now: Date { Date(timeIntervalSince1970: seconds.withLock { $0 }) }

  func set(_ value: Double) { seconds.withLock { $0 = value } }
}
