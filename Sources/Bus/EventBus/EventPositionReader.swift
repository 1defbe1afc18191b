import Events
public import NIOCore

extension JournalEntry {
  /// The event as the channel carries it: one JSON object that begins with its `stream_id`, its place in
  /// the journal. `Scripts/append-and-publish.lua` writes the same.
  public var channelPayload: ByteBuffer {
    let prefix = "{\"stream_id\":\"\(id)\","
    var message = ByteBuffer()
    message.reserveCapacity(prefix.utf8.count + payload.readableBytes)
    message.writeString(prefix)
    message.writeBytes(payload.readableBytesView.dropFirst())
    return message
  }
}

/// Finds a message's place in the journal: its top-level `stream_id`.
package struct EventPositionReader {
  private static let members = JSONMembers(["stream_id"])
  private static let opening = Array(#"{"stream_id":""#.utf8)
  private var tape = JSONTape()
  private var values: [Int] = []

  package init() {}

  /// Nil for what was published by hand.
  package mutating func position(in message: ByteBuffer) -> StreamID? {
    message.withUnsafeReadableBytes { bytes in
      let bytes = bytes.bindMemory(to: UInt8.self)
      return Self.leadingPosition(bytes) ?? searchedPosition(bytes)
    }
  }

  /// The usual case, without scanning the rest: the bus itself puts the position first.
  private static func leadingPosition(_ bytes: UnsafeBufferPointer<UInt8>) -> StreamID? {
    guard bytes.starts(with: opening) else { return nil }
    let rest = bytes[opening.count...]
    guard let end = rest.prefix(42).firstIndex(of: UInt8(ascii: "\"")) else { return nil }
    return StreamID(decimalDigits: rest[..<end])
  }

  private mutating func searchedPosition(_ bytes: UnsafeBufferPointer<UInt8>) -> StreamID? {
    guard (try? tape.scan(bytes)) != nil, tape.tokens[0].kind == .object else { return nil }
    values.removeAll(keepingCapacity: true)
    Self.members.findValues(in: tape, UnsafeRawBufferPointer(bytes), appendingTo: &values)
    guard values[0] != JSONMembers.absent, case let token = tape.tokens[values[0]],
      token.kind == .string
    else { return nil }
    return StreamID(decimalDigits: bytes[Int(token.start)..<Int(token.end)])
  }
}
