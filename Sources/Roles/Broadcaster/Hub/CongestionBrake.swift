import NIOCore

/// Decides whether the next frame waits for the last one.
///
/// One slow subscriber is its own affair. When many are behind and get on, the server or the network
/// is what limits, and sending on would only close them; so the line waits for them.
struct CongestionBrake {
  /// How the subscribers stood when someone looked.
  struct Reading: Sendable, Equatable {
    var subscribers = 0
    /// Subscribers that are behind but get on.
    var behind = 0

    static func + (left: Reading, right: Reading) -> Reading {
      Reading(subscribers: left.subscribers + right.subscribers, behind: left.behind + right.behind)
    }
  }

  /// No frame waits longer.
  static let maximumWait = TimeAmount.seconds(10)

  private var began: NIODeadline?

  /// - Returns: whether to look again in a moment; otherwise the next frame may go.
  mutating func shouldWait(_ reading: Reading, now: NIODeadline) -> Bool {
    guard reading.behind * 10 > reading.subscribers else {
      began = nil
      return false
    }
    let start = began ?? now
    began = now - start < Self.maximumWait ? start : nil
    return began != nil
  }
}
