import NIOCore

/// Decides whether the next frame waits for the last one.
///
/// A slow subscriber is its own affair, and nobody else may be late for it. When most of many are
/// behind and read on, the server or the network is what limits, and sending on would only close them; so
/// the sequence waits for them. Of a few that tells nothing; they are waited for only when nobody is on
/// time, for then nobody is made late. Who is closed, with 4008, `Subscriber` decides.
struct CongestionControl {
  /// How the subscribers stood when someone looked.
  struct Reading: Sendable, Equatable {
    var subscribers = 0
    /// Subscribers that are behind but read on.
    var behind = 0

    static func + (left: Reading, right: Reading) -> Reading {
      Reading(subscribers: left.subscribers + right.subscribers, behind: left.behind + right.behind)
    }
  }

  /// So many make "most of them" tell of the server.
  static let many = 10
  /// No frame waits longer.
  static let maximumWait = TimeAmount.seconds(10)

  private var began: NIODeadline?

  /// - Returns: whether to look again in a moment; otherwise the next frame may go.
  mutating func shouldWait(_ reading: Reading, now: NIODeadline) -> Bool {
    guard isCommon(reading) else {
      began = nil
      return false
    }
    let start = began ?? now
    began = now - start < Self.maximumWait ? start : nil
    return began != nil
  }

  /// Whether what holds subscribers up is not their own.
  private func isCommon(_ reading: Reading) -> Bool {
    if reading.behind == 0 { return false }
    if reading.behind == reading.subscribers { return true }
    return reading.subscribers >= Self.many && reading.behind * 2 > reading.subscribers
  }
}

/// Tells a subscriber that is behind and reads on from one that has stopped reading.
struct BacklogProgress {
  /// A subscriber that takes nothing for so long has stopped.
  static let stallTimeout = TimeAmount.milliseconds(250)

  /// What would be owed had nothing been taken since the last progress.
  private var expected: Int
  private var lastProgress: NIODeadline

  init(outstandingBytes: Int, now: NIODeadline) {
    expected = outstandingBytes
    lastProgress = now
  }

  mutating func sent(_ bytes: Int) { expected += bytes }

  mutating func isProgressing(outstandingBytes: Int, now: NIODeadline) -> Bool {
    if outstandingBytes < expected { lastProgress = now }
    expected = outstandingBytes
    return now - lastProgress < Self.stallTimeout
  }
}
