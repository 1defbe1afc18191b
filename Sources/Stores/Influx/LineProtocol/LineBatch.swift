/// The lines of a batch, and which event each one is.
struct LineBatch: Sendable, Equatable {
  var bytes: [UInt8] = []
  /// Where each line ends in `bytes`, its newline included.
  private(set) var ends: [Int] = []
  /// The place in the sink's batch of each line's event.
  private(set) var events: [Int] = []

  var count: Int { ends.count }

  /// Notes that the bytes since the last line are the line of this event.
  mutating func endLine(event: Int) {
    ends.append(bytes.count)
    events.append(event)
  }

  /// The bytes of some of the lines.
  func bytes(of lines: Range<Int>) -> [UInt8] {
    if lines == 0..<count { return bytes }
    guard !lines.isEmpty else { return [] }
    let start = lines.lowerBound == 0 ? 0 : ends[lines.lowerBound - 1]
    return Array(bytes[start..<ends[lines.upperBound - 1]])
  }
}
