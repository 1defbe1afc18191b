import Access
import NIOCore

/// How long a subscriber may stay: until its token ends or is revoked.
struct SubscriberStay: Sendable {
  /// Clocks may be set: the end is looked at anew at least so often.
  private static let longestWait = Int64(3600)

  let caller: Caller
  let access: AccessCheck

  var isOver: Bool { !access.isStillGood(caller) }

  /// When to look again; nil for one who may stay for ever.
  var nextLook: TimeAmount? {
    access.secondsLeft(of: caller).map { .seconds(max(1, min($0, Self.longestWait))) }
  }
}
