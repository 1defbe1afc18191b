import NIOCore
import RedisDriver

/// Makes sense of what a subscription's connection answers: pushes of two channels, and the replies
/// to the commands that began it. No I/O.
///
/// `MULTI` / `SUBSCRIBE channel marks` / `PUBLISH marks <own>` / `EXEC` answers `+OK`, two `+QUEUED`,
/// an array of the two subscription pushes, the own mark as a push, and a stray integer; seen with
/// Redis 7.0 in RESP2.
struct ChannelStream {
  enum Action: Equatable {
    case subscribed
    case received(ChannelMessage)
    case fail(BusError)
  }

  private let keys: RedisKeys
  private let ownMark: String
  private let channel: ByteBuffer
  private let marks: ByteBuffer
  private static let message = ByteBuffer(string: "message")
  private var tickets = AdoptionTickets()
  private var positions = EventPositionReader()

  init(keys: RedisKeys, ownMark: String) {
    self.keys = keys
    self.ownMark = ownMark
    channel = ByteBuffer(string: keys.channel)
    marks = ByteBuffer(string: keys.marks)
  }

  /// The commands that begin the subscription, in one step: nothing is heard before the own mark.
  var commands: [RedisCommand] {
    [
      ["MULTI"],
      ["SUBSCRIBE", .string(keys.channel), .string(keys.marks)],
      ["PUBLISH", .string(keys.marks), .string(ownMark)],
      ["EXEC"],
    ]
  }

  mutating func receive(_ reply: RedisReply) -> Action? {
    switch reply {
    case .array(let parts):
      guard parts.count == 3, case .string(Self.message) = parts[0],
        case .string(let name) = parts[1], case .string(let payload) = parts[2]
        // Confirmations, and answers to PING.
      else { return nil }
      if name == channel { return receive(payload) }
      guard name == marks else { return nil }
      let mark = String(buffer: payload)
      tickets.heard(mark: mark)
      return mark == ownMark ? .subscribed : nil
    case .error(let error): return .fail(BusError(error))
    case .status, .integer, .string, .null: return nil
    }
  }

  private mutating func receive(_ payload: ByteBuffer) -> Action {
    if let id = positions.position(in: payload) { return .received(.journaled(id, payload)) }
    guard let ticket = tickets.next() else {
      return .fail(.unexpected("a message came before the subscription's own mark"))
    }
    return .received(.handPublished(ticket, payload))
  }
}
