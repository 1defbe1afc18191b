/// How far somebody has come in the journal: the place of the last event in each partition. Written as a `stream_id`
/// where the journal is one stream, and otherwise as the ids of all partitions, joined by `_`.
public struct JournalCursor: Sendable, Hashable, CustomStringConvertible {
  private var first: StreamID
  /// Empty where the journal is one stream, which then costs no memory beside it.
  private var others: [StreamID]

  /// Before every entry.
  public init(partitions: Int) {
    let count = UInt16(partitions)
    first = count > 1 ? StreamID.zero.inPartition(1) : .zero
    others = count > 1 ? (2...count).map { StreamID.zero.inPartition($0) } : []
  }

  /// In a journal that is one stream.
  public init(_ position: StreamID) {
    first = position
    others = []
  }

  /// Nil when it is no place in a journal of so many partitions. `0-0` stands before every entry of any.
  public init?(_ text: String, partitions: Int) {
    self.init(partitions: partitions)
    if partitions == 1 {
      guard let id = StreamID(text), id.partition == 0 else { return nil }
      first = id
      return
    }
    if let id = StreamID(text), id == .zero { return }
    let parts = text.split(separator: "_", omittingEmptySubsequences: false)
    guard parts.count == partitions else { return nil }
    for (index, part) in parts.enumerated() {
      guard let id = StreamID(String(part)), id.partition == 0 else { return nil }
      self[index] = id
    }
  }

  public var partitions: Int { others.count + 1 }

  /// By the index of a partition, from 0.
  public subscript(index: Int) -> StreamID {
    get { index == 0 ? first : others[index - 1] }
    set {
      let id = others.isEmpty ? newValue : newValue.inPartition(UInt16(index + 1))
      if index == 0 { first = id } else { others[index - 1] = id }
    }
  }

  public var description: String {
    others.isEmpty
      ? first.description : ([first] + others).map(\.entryID).joined(separator: "_")
  }

  /// Whether it is a place in one of these partitions.
  public func covers(_ id: StreamID) -> Bool {
    others.isEmpty ? id.partition == 0 : (1...others.count + 1).contains(Int(id.partition))
  }

  /// The index of a place's partition.
  public func index(of id: StreamID) -> Int { max(0, Int(id.partition) - 1) }

  /// Whether the event at this place has been had. It must be covered.
  public func includes(_ id: StreamID) -> Bool { id <= self[index(of: id)] }

  /// Whether everything up to `other` has been had.
  public func includes(_ other: JournalCursor) -> Bool {
    guard other.first <= first else { return false }
    return zip(other.others, others).allSatisfy { $0 <= $1 }
  }

  /// Goes on to a covered place, and never back.
  public mutating func advance(to id: StreamID) {
    if others.isEmpty {
      if first < id { first = id }
    } else if !includes(id) {
      self[index(of: id)] = id
    }
  }

  /// Goes on to `other` where that is further.
  public mutating func advance(to other: JournalCursor) {
    for index in 0..<other.partitions { advance(to: other[index]) }
  }
}
