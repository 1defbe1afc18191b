import NIOCore
import RedisDriver

/// Reads what the stream commands answer.
enum JournalReplies {
  /// The fields of an entry.
  enum FieldName {
    static let eventType = "t"
    static let payload = "e"
    static let target = "s"
  }

  static func id(
    _ reply: RedisReply?, in partition: UInt16 = 0
  ) throws(BusError) -> StreamID {
    guard let text = reply?.text, let id = StreamID(text) else {
      throw .unexpected("no stream id: \(String(describing: reply))")
    }
    // Before every entry is before every entry.
    return partition == 0 || id.isZero ? id : id.inPartition(partition)
  }

  /// `[[id, [field, value, …]], …]`. Entries that are gone from the stream come as nulls before
  /// Redis 7 and are left out.
  static func entries(
    _ reply: RedisReply?, in partition: UInt16
  ) throws(BusError) -> [JournalEntry] {
    var entries: [JournalEntry] = []
    for element in reply?.array ?? [] {
      guard let parts = element.array, parts.count == 2, let fields = parts[1].array else {
        continue
      }
      entries.append(try entry(id: id(parts[0], in: partition), fields: fields))
    }
    return entries
  }

  /// The answer of XREADGROUP: null when nothing came.
  ///
  /// - Parameter partitions: those that were asked for, by their streams.
  static func read(
    _ reply: RedisReply, of partitions: [RedisJournal]
  ) throws(BusError) -> [JournalEntry] {
    var read: [JournalEntry] = []
    for stream in reply.array ?? [] {
      guard let parts = stream.array, parts.count == 2, let name = parts[0].text,
        let partition = partitions.first(where: { $0.journal == name })
      else { throw .unexpected("XREADGROUP answered \(stream)") }
      read += try entries(parts[1], in: partition.partition)
    }
    return read
  }

  private static func entry(
    id: StreamID, fields: [RedisReply]
  ) throws(BusError) -> JournalEntry {
    var eventType = ""
    var payload = ByteBuffer()
    var target: String?
    for index in stride(from: 0, to: fields.count - 1, by: 2) {
      guard let name = fields[index].bytes, let value = fields[index + 1].bytes else {
        throw .unexpected("a journal entry's fields are no strings")
      }
      switch name.getString(at: name.readerIndex, length: name.readableBytes) {
      case FieldName.eventType: eventType = String(buffer: value)
      case FieldName.payload: payload = value
      case FieldName.target: target = String(buffer: value)
      default: break
      }
    }
    return JournalEntry(id: id, eventType: eventType, payload: payload, target: target)
  }

  /// The answer of `RedisScript.journalState`.
  static func state(
    _ reply: RedisReply, in partition: UInt16
  ) throws(BusError) -> JournalState {
    guard let parts = reply.array else {
      return JournalState(entries: 0, first: nil, last: .zero, groups: [])
    }
    guard parts.count == 5, let entries = parts[0].integer, let groups = parts[3].array else {
      throw .unexpected("the journal's state came as \(reply)")
    }
    return try JournalState(
      entries: entries, first: optionalID(parts[1], in: partition),
      last: id(parts[2], in: partition),
      groups: groups.map { (reply) throws(BusError) in try group(reply, in: partition) },
      isOutOfMemory: parts[4].integer == 1)
  }

  private static func group(
    _ reply: RedisReply, in partition: UInt16
  ) throws(BusError) -> JournalState.Group {
    guard let parts = reply.array, parts.count >= 4, let name = parts[0].text,
      let pending = parts[3].integer
    else { throw .unexpected("a group's state came as \(reply)") }
    return try JournalState.Group(
      name: name, lastDelivered: id(parts[1], in: partition),
      oldestPending: parts.count > 4 ? optionalID(parts[4], in: partition) : nil, pending: pending,
      undelivered: parts[2].integer)
  }

  private static func optionalID(
    _ reply: RedisReply, in partition: UInt16
  ) throws(BusError) -> StreamID? {
    reply == .null ? nil : try id(reply, in: partition)
  }
}
