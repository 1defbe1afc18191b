import NIOCore

/// Decides whether the next frame waits for the last one.
///
/// One slow subscriber is its own affair. When most are behind, the server or the network is what
/// limits, and sending on would only close them all; as long as they get on, the line waits for them.
struct CongestionBrake {
  /// How the subscribers stood when someone looked.
  struct Reading: Sendable, Equatable {
    /// Subscribers whose connection has more waiting than it should.
    var behind = 0
    var subscribers = 0
    /// Bytes that those behind are owed.
    var outstandingBytes = 0

    static func + (left: Reading, right: Reading) -> Reading {
      Reading(
        behind: left.behind + right.behind, subscribers: left.subscribers + right.subscribers,
        outstandingBytes: left.outstandingBytes + right.outstandingBytes)
    }
  }

  /// Subscribers that take nothing for so long are not waited for.
  static let patience = TimeAmount.milliseconds(250)
  /// No frame waits longer.
  static let maximumWait = TimeAmount.seconds(10)

  private var began: NIODeadline?
  private var lastProgress = NIODeadline.distantPast
  private var least = Int.max

  /// - Returns: whether to look again in a moment; otherwise the next frame may go.
  mutating func shouldWait(_ reading: Reading, now: NIODeadline) -> Bool {
    guard reading.behind * 2 > reading.subscribers else {
      began = nil
      return false
    }
    if began == nil {
      (began, lastProgress, least) = (now, now, reading.outstandingBytes)
    } else if reading.outstandingBytes < least {
      (lastProgress, least) = (now, reading.outstandingBytes)
    }
    if let began, now - lastProgress < Self.patience, now - began < Self.maximumWait { return true }
    began = nil
    return false
  }
}
