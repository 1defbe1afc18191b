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

  static func id(_ reply: RedisReply?) throws(BusError) -> StreamID {
    guard let text = reply?.text, let id = StreamID(text) else {
      throw .unexpected("no stream id: \(String(describing: reply))")
    }
    return id
  }

  /// `[[id, [field, value, …]], …]`. Entries that are gone from the stream come as nulls before
  /// Redis 7 and are left out.
  static func entries(_ reply: RedisReply?) throws(BusError) -> [JournalEntry] {
    var entries: [JournalEntry] = []
    for element in reply?.array ?? [] {
      guard let parts = element.array, parts.count == 2, let fields = parts[1].array else {
        continue
      }
      entries.append(try entry(id: id(parts[0]), fields: fields))
    }
    return entries
  }

  /// The answer of XREADGROUP for one stream: null when nothing came.
  static func read(_ reply: RedisReply) throws(BusError) -> [JournalEntry] {
    guard let stream = reply.array?.first?.array, stream.count == 2 else { return [] }
    return try entries(stream[1])
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
  static func state(_ reply: RedisReply) throws(BusError) -> JournalState {
    guard let parts = reply.array else {
      return JournalState(entries: 0, first: nil, last: .zero, groups: [])
    }
    guard parts.count == 5, let entries = parts[0].integer, let groups = parts[3].array else {
      throw .unexpected("the journal's state came as \(reply)")
    }
    return try JournalState(
      entries: entries, first: optionalID(parts[1]), last: id(parts[2]),
      groups: groups.map { (reply) throws(BusError) in try group(reply) },
      isOutOfMemory: parts[4].integer == 1)
  }

  private static func group(_ reply: RedisReply) throws(BusError) -> JournalState.Group {
    guard let parts = reply.array, parts.count >= 4, let name = parts[0].text,
      let pending = parts[3].integer
    else { throw .unexpected("a group's state came as \(reply)") }
    return try JournalState.Group(
      name: name, lastDelivered: id(parts[1]),
      oldestPending: parts.count > 4 ? optionalID(parts[4]) : nil, pending: pending,
      undelivered: parts[2].integer)
  }

  private static func optionalID(_ reply: RedisReply) throws(BusError) -> StreamID? {
    reply == .null ? nil : try id(reply)
  }
}
