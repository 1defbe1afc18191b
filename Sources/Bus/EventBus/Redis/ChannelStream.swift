import NIOCore
import RedisDriver

/// Makes sense of what a subscription's connection answers: pushes of two channels, and the
/// confirmations of the command that began it. No I/O.
///
/// The subscription begins with its own mark, which somebody else has to publish: in RESP2 a connection
/// that subscribes can do nothing else. What comes before the mark counts as missed. `MULTI` would
/// bring both in one step, but Redis before 8 refuses everything in it while its memory is full.
struct ChannelStream {
  enum Action: Equatable {
    /// Redis has taken the subscription: publish `ownMark` on the channel of marks.
    case publishMark
    case subscribed
    case received(ChannelMessage)
    case fail(BusError)
  }

  private let keys: RedisKeys
  let ownMark: String
  private let markPrefix: String
  private let adopts: Bool
  private let channel: ByteBuffer
  private let marks: ByteBuffer
  private static let message = ByteBuffer(string: "message")
  private static let subscribe = ByteBuffer(string: "subscribe")
  private var stands = false
  private var tickets = AdoptionTickets()
  private var positions = EventPositionReader()

  /// - Parameters:
  ///   - ownMark: a text of its own.
  ///   - markPrefix: how the marks begin that count here. Those of a cluster's other nodes are heard in another order
  ///     there.
  ///   - adopts: whether it says what was published by hand.
  init(keys: RedisKeys, ownMark: String, markPrefix: String = "", adopts: Bool = true) {
    self.keys = keys
    self.ownMark = markPrefix + ownMark
    self.markPrefix = markPrefix
    self.adopts = adopts
    channel = ByteBuffer(string: keys.channel)
    marks = ByteBuffer(string: keys.marks)
  }

  /// The command that begins the subscription. The marks are confirmed last.
  var command: RedisCommand { ["SUBSCRIBE", .string(keys.channel), .string(keys.marks)] }

  mutating func receive(_ reply: RedisReply) -> Action? {
    switch reply {
    case .array(let parts):
      if parts.count == 3, parts[0] == .string(Self.subscribe), parts[1] == .string(marks) {
        return .publishMark
      }
      guard parts.count == 3, case .string(Self.message) = parts[0],
        case .string(let name) = parts[1], case .string(let payload) = parts[2]
        // The channel's confirmation, and answers to PING.
      else { return nil }
      if name == channel { return stands ? receive(payload) : nil }
      guard name == marks else { return nil }
      return heard(mark: String(buffer: payload))
    // To a PING, which a user may lack the right to: the server lives.
    case .error(let error) where stands && error.code == "NOPERM": return nil
    case .error(let error): return .fail(BusError(error))
    case .status, .integer, .string, .null: return nil
    }
  }

  private mutating func heard(mark: String) -> Action? {
    if mark.hasPrefix(markPrefix) { tickets.heard(mark: mark) }
    guard mark == ownMark else { return nil }
    stands = true
    return .subscribed
  }

  private mutating func receive(_ payload: ByteBuffer) -> Action? {
    if let id = positions.position(in: payload), id.partition == 0 || keys.journals.count > 1 {
      return .received(.journaled(id, payload))
    }
    return (adopts ? tickets.next() : nil).map { .received(.handPublished($0, payload)) }
  }
}
