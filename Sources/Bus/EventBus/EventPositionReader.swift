import Events
public import NIOCore

extension JournalEntry {
  /// The event as the channel carries it: one JSON object that begins with its `stream_id`, its place in
  /// the journal. `Scripts/append-and-publish.lua` writes the same; where there are several partitions, the channel
  /// also tells the place before it.
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
  private static let beforePrevious = Array(#"","previous":""#.utf8)
  /// The longest form of a place: a partition, and two numbers of 20 digits.
  private static let longestPosition = 48
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
    guard let end = rest.prefix(longestPosition).firstIndex(of: UInt8(ascii: "\"")) else {
      return nil
    }
    return StreamID(decimalDigits: rest[..<end])
  }

  /// The place of the entry before it in its partition, where the message tells one: whoever has not had that one has
  /// missed a message.
  package static func previousPosition(of position: StreamID, in message: ByteBuffer) -> StreamID? {
    message.withUnsafeReadableBytes { bytes in
      let bytes = bytes.bindMemory(to: UInt8.self)
      guard bytes.starts(with: opening),
        let end = bytes[opening.count...].prefix(longestPosition).firstIndex(of: UInt8(ascii: "\""))
      else { return nil }
      let rest = bytes[end...]
      guard rest.starts(with: beforePrevious) else { return nil }
      let text = rest.dropFirst(beforePrevious.count)
      guard let end = text.prefix(longestPosition).firstIndex(of: UInt8(ascii: "\"")) else {
        return nil
      }
      return StreamID(decimalDigits: text[..<end])?.inPartition(position.partition)
    }
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
