#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// The members of an object that a reader knows, ready to be found by the bytes of their names.
///
/// Whoever reads events finds the values through this, in one pass over the object's tokens and without
/// an allocation: the normaliser, the sinks and the broadcaster.
public struct JSONMembers: Sendable {
  /// What stands for a member that an object does not have.
  public static let absent = -1

  private struct Name: Sendable {
    /// Where the name stands in `text`.
    let start: Int
    let count: Int
    let member: Int
  }

  /// How many members there are.
  public let count: Int
  /// The members' names in their order, then their other names.
  private let names: [Name]
  private let text: [UInt8]
  /// Open addressing: the index of a name in `names`, or -1.
  private let buckets: [Int16]

  /// - Parameters:
  ///   - members: in the order in which objects are expected to have them; another order takes longer.
  ///   - aliases: other names of some of the members, by their places among them.
  public init(_ members: [String], aliases: [(member: Int, name: String)] = []) {
    count = members.count
    var names: [Name] = []
    var text: [UInt8] = []
    for (member, name) in members.enumerated().map({ ($0, $1) }) + aliases.map({ ($0, $1) }) {
      names.append(Name(start: text.count, count: name.utf8.count, member: member))
      text += name.utf8
    }
    var size = 16
    while size < names.count * 4 { size *= 2 }
    var buckets = [Int16](repeating: -1, count: size)
    for (index, name) in names.enumerated() {
      var bucket =
        text[name.start..<name.start + name.count].withUnsafeBytes(Self.hash) & (size - 1)
      while buckets[bucket] >= 0 { bucket = (bucket + 1) & (size - 1) }
      buckets[bucket] = Int16(index)
    }
    self.names = names
    self.text = text
    self.buckets = buckets
  }

  /// Appends to `values`, for each member, the index of its value's token or `absent`. Of equal names
  /// the last counts, and null is as good as absent, as in PostgreSQL. Unknown names are passed over.
  ///
  /// - Parameters:
  ///   - object: the index of the object's token.
  ///   - bytes: the text that `tape` was made from.
  /// - Returns: where in `values` the first member stands.
  @discardableResult
  public func findValues(
    of object: Int = 0, in tape: JSONTape, _ bytes: UnsafeRawBufferPointer,
    appendingTo values: inout [Int]
  ) -> Int {
    let base = values.count
    values.append(contentsOf: repeatElement(Self.absent, count: count))
    tape.tokens.withUnsafeBufferPointer { tokens in
      values.withUnsafeMutableBufferPointer { values in
        var expected = 0
        var index = object + 1
        let end = Int(tokens[object].next)
        while index < end {
          let value = tokens[index + 1]
          if let member = member(tokens[index], bytes, expected: expected) {
            values[base + member] = value.kind == .null ? Self.absent : index + 1
            expected = member + 1
          }
          index = Int(value.next)
        }
      }
    }
    return base
  }

  /// - Parameter expected: the member behind the one before: most objects have theirs in order.
  @inline(__always)
  private func member(
    _ key: JSONToken, _ bytes: UnsafeRawBufferPointer, expected: Int
  ) -> Int? {
    let name = UnsafeRawBufferPointer(rebasing: bytes[Int(key.start)..<Int(key.end)])
    if expected < count, isEqual(names[expected], name) { return expected }
    // Most objects leave out one or another.
    if expected + 1 < count, isEqual(names[expected + 1], name) { return expected + 1 }
    guard key.traits.contains(.escaped) else { return member(named: name) }
    return Array(JSONString.decode(name, isEscaped: true).utf8)
      .withUnsafeBytes { member(named: $0) }
  }

  private func member(named name: UnsafeRawBufferPointer) -> Int? {
    var bucket = Self.hash(name) & (buckets.count - 1)
    while buckets[bucket] >= 0 {
      let candidate = names[Int(buckets[bucket])]
      if isEqual(candidate, name) { return candidate.member }
      bucket = (bucket + 1) & (buckets.count - 1)
    }
    return nil
  }

  @inline(__always)
  private func isEqual(_ known: Name, _ name: UnsafeRawBufferPointer) -> Bool {
    guard known.count == name.count, let first = name.baseAddress else { return false }
    return text.withUnsafeBytes { memcmp($0.baseAddress! + known.start, first, name.count) == 0 }
  }

  @inline(__always)
  private static func hash(_ name: UnsafeRawBufferPointer) -> Int {
    guard let first = name.first, let last = name.last else { return 0 }
    return name.count &* 7 ^ Int(first) &* 31 ^ Int(last) &* 131 ^ Int(name[name.count / 2]) &* 17
  }
}
