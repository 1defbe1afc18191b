import NIOCore

/// Tells a subscriber that is behind and gets on from one that has stopped reading.
struct BacklogWatch {
  /// A subscriber that takes nothing for so long has stopped.
  static let patience = TimeAmount.milliseconds(250)

  /// What would be owed had nothing been taken since the last progress.
  private var expected: Int
  private var lastProgress: NIODeadline

  init(outstandingBytes: Int, now: NIODeadline) {
    expected = outstandingBytes
    lastProgress = now
  }

  mutating func sent(_ bytes: Int) { expected += bytes }

  mutating func getsOn(outstandingBytes: Int, now: NIODeadline) -> Bool {
    if outstandingBytes < expected { lastProgress = now }
    expected = outstandingBytes
    return now - lastProgress < Self.patience
  }
}
