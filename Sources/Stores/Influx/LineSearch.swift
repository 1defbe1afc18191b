/// Finds the lines that a server refuses, by halving until each part is stored or refused whole; without
/// input or output of its own.
///
/// InfluxDB 1.x counts the points that a limit refuses (`dropped=N`) and loses as many good ones before
/// them, uncounted: only a part that is answered with 204 is known to be stored.
struct LineSearch {
  /// Numbers of lines, in the order in which they are sent.
  private var order: [Int]
  /// Places in `order` that are still to be sent; the last is next.
  private var parts: [Range<Int>]
  private(set) var refused: [Int: InfluxRefusal] = [:]

  /// - Parameter size: the most lines in one part, at least 1.
  init(_ lines: some Sequence<Int>, size: Int) {
    order = Array(lines)
    let count = order.count
    parts = stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }.reversed()
  }

  /// The lines to send now; nil when all is settled.
  var next: ArraySlice<Int>? { parts.last.map { order[$0] } }

  /// The server took `next`, but for lines that it named by their place in it.
  mutating func stored(without named: [Int: InfluxRefusal] = [:]) {
    let part = parts.removeLast()
    for (place, refusal) in named { refused[order[part.lowerBound + place]] = refusal }
  }

  /// The server took no line of `next`.
  mutating func refusedWhole(_ refusal: InfluxRefusal) {
    for line in order[parts.removeLast()] { refused[line] = refusal }
  }

  /// Sends the halves of `next` apart.
  ///
  /// - Parameter belongTogether: whether two neighbours fare alike; the cut goes between others, if there
  ///   are any.
  /// - Precondition: it has two lines.
  mutating func halve(keeping belongTogether: (Int, Int) -> Bool = { _, _ in false }) {
    let part = parts.removeLast()
    let middle = part.lowerBound + part.count / 2
    let cut =
      part.dropFirst().filter { !belongTogether(order[$0 - 1], order[$0]) }
      .min { abs($0 - middle) < abs($1 - middle) } ?? middle
    parts.append(cut..<part.upperBound)
    parts.append(part.lowerBound..<cut)
  }

  /// Puts the lines of `next` together that fare alike, so that few halves hold both kinds.
  mutating func sort<Key: Comparable>(by key: (Int) -> Key) {
    guard let part = parts.last else { return }
    let keys = order[part].map { (key: key($0), line: $0) }
    order.replaceSubrange(part, with: keys.sorted { $0.key < $1.key }.map(\.line))
  }
}
