import NIOCore
import RedisDriver
import Testing

@testable import EventBus

@Suite struct ChannelStreamTests {
  private func text(_ text: String) -> RedisReply { .string(ByteBuffer(string: text)) }

  private func message(_ channel: String, _ payload: String) -> RedisReply {
    .array([text("message"), text(channel), text(payload)])
  }

  private func confirmation(_ channel: String, _ number: Int) -> RedisReply {
    .array([text("subscribe"), text(channel), .integer(number)])
  }

  private func subscribed() -> ChannelStream {
    var stream = ChannelStream(keys: RedisKeys(), ownMark: "own")
    _ = stream.receive(message("progress-events:marks", "own"))
    return stream
  }

  @Test func standsWhenItsOwnMarkIsHeard() {
    var stream = ChannelStream(keys: RedisKeys(), ownMark: "own")
    #expect(stream.receive(confirmation("progress-events", 1)) == nil)
    #expect(stream.receive(confirmation("progress-events:marks", 2)) == .publishMark)
    // Whoever was subscribed before has all this.
    #expect(stream.receive(message("progress-events", "x")) == nil)
    #expect(stream.receive(message("progress-events", #"{"stream_id":"1-1"}"#)) == nil)
    #expect(stream.receive(message("progress-events:marks", "other")) == nil)
    #expect(stream.receive(message("progress-events", "x")) == nil)
    #expect(stream.receive(message("progress-events:marks", "own")) == .subscribed)
    #expect(
      stream.receive(message("progress-events", "x"))
        == .received(
          .handPublished(AdoptionTicket(mark: "own", ordinal: 1), ByteBuffer(string: "x"))))
    #expect(stream.receive(.array([text("pong"), text("")])) == nil)
  }

  @Test func countsAnewFromEveryMark() {
    var stream = subscribed()
    func ticket() -> AdoptionTicket? {
      guard
        case .received(.handPublished(let ticket, _)) =
          stream.receive(message("progress-events", "x"))
      else { return nil }
      return ticket
    }
    #expect(ticket() == AdoptionTicket(mark: "own", ordinal: 1))
    #expect(ticket() == AdoptionTicket(mark: "own", ordinal: 2))
    // An event of the journal is not counted.
    _ = stream.receive(message("progress-events", #"{"stream_id":"1-1","n":1}"#))
    #expect(ticket() == AdoptionTicket(mark: "own", ordinal: 3))
    #expect(stream.receive(message("progress-events:marks", "other")) == nil)
    #expect(ticket() == AdoptionTicket(mark: "other", ordinal: 1))
    // What is too long to be a mark, or empty, changes nothing for anybody.
    _ = stream.receive(message("progress-events:marks", String(repeating: "m", count: 65)))
    _ = stream.receive(message("progress-events:marks", ""))
    #expect(ticket() == AdoptionTicket(mark: "other", ordinal: 2))
  }

  @Test func failsOnWhatIsRefused() {
    var stream = ChannelStream(keys: RedisKeys(), ownMark: "own")
    let refusal = RedisServerError("NOPERM no permission for this channel")
    #expect(
      stream.receive(.error(refusal))
        == .fail(.unavailable(.accessDenied, "NOPERM no permission for this channel")))
    // Once it stands, only a PING can be refused.
    var standing = subscribed()
    #expect(standing.receive(.error(refusal)) == nil)
  }

  @Test(arguments: [
    (#"{"stream_id":"12-3","a":1}"#, "12-3"),
    (
      #"{"stream_id":"18446744073709551615-18446744073709551615","a":1}"#,
      "18446744073709551615-18446744073709551615"
    ),
    (#" { "a" : [1, {"b":2}] , "stream_id" : "5-0" } "#, "5-0"),
    (#"{"stream_id":"bad","stream_id":"7-7"}"#, "7-7"),
    (#"{"stream_id":"12-3",and no more JSON"#, "12-3"),
  ])
  func findsThePosition(message: String, id: String) {
    var reader = EventPositionReader()
    #expect(reader.position(in: ByteBuffer(string: message))?.description == id)
  }

  @Test(arguments: [
    "", "{}", "12-3", #""12-3""#, #"["stream_id","12-3"]"#, #"{"a":{"stream_id":"12-3"}}"#,
    #"{"stream_id":12}"#, #"{"stream_id":"12"}"#, #"{"stream_id":"-3"}"#, #"{"stream_id":"12-"}"#,
    #"{"stream_id":"18446744073709551616-0"}"#, #"{"stream_id":"1-2-3"}"#,
    #"{"stream_id":"٣-1"}"#, #"{"a":"stream_id","b":"12-3"}"#, #"{"a":1,"stream_id":"12-3""#,
  ])
  func takesAnythingElseForHandPublished(message: String) {
    var reader = EventPositionReader()
    #expect(reader.position(in: ByteBuffer(string: message)) == nil)
  }
}
