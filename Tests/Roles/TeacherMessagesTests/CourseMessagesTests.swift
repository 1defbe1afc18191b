import EventBus
import Events
import NIOCore
import Testing

@testable import TeacherMessages

@Suite struct CourseMessagesTests {
  private static func message(_ position: Int64, to recipient: Message.Recipient) -> Message {
    Message(
      id: "m-\(position)", position: position, sentAt: "2026-11-28T10:00:00.000000Z",
      recipient: recipient, teacher: "Ms Ito", text: "look at line 3", answersHand: false)
  }

  private static let messages = CourseMessages(
    messages: [
      message(1, to: .learner("ann")), message(2, to: .team("red")), message(3, to: .everybody),
      message(5, to: .learner("bob")), message(8, to: .everybody),
    ], members: [(team: "red", learner: "bob"), (team: "blue", learner: "ann")])

  @Test func learnersGetTheirsTheirTeamsAndTheClasss() {
    func positions(_ learner: String, after position: Int64 = 0) -> [Int64] {
      Self.messages.messages(for: learner, after: position).map(\.position)
    }
    #expect(positions("ann") == [1, 3, 8])
    #expect(positions("bob") == [2, 3, 5, 8])
    #expect(positions("bob", after: 3) == [5, 8])
    #expect(positions("eve") == [3, 8])
    #expect(positions("Ann") == [3, 8])
    #expect(positions("ann", after: 8).isEmpty)
  }

  @Test func aPositionThatNoMessageHasCountsAsNone() {
    #expect(Self.messages.known(8) == 8)
    // Of a database that was restored from a backup since.
    #expect(Self.messages.known(9) == 0)
    #expect(CourseMessages(newest: 12).known(12) == 12)
    #expect(CourseMessages().known(1) == 0)
  }

  @Test func whoHasMissedManyGetsTheNewest() {
    let many = CourseMessages(
      messages: (1...250).map { Self.message($0, to: .everybody) })
    let found = many.messages(for: "ann", after: 0)
    #expect(found.map(\.position) == Array(151...250))
  }

  @Test func theListenerTellsMessagesFromOtherEventsByTheirKind() throws {
    let decoder = CatalogHandPublishedDecoder(
      catalog: .standard, limits: EventLimits(), keepsWork: false)
    func isMessage(_ json: String, at position: String) throws -> Bool {
      guard case .event(let event) = decoder.decode(ByteBuffer(string: json)) else {
        Issue.record("no valid event: \(json)")
        return false
      }
      let rest = String(buffer: event.payload).dropFirst()
      return MessageListener.isMessage(ByteBuffer(string: #"{"stream_id":"\#(position)",\#(rest)"#))
    }
    let longest = "18446744073709551615-18446744073709551615"
    for position in [
      "1-0", "1795256100123-0", longest, #"3:1-0","previous":"0-0"#,
      #"65535:\#(longest)","previous":"\#(longest)"#,
    ] {
      #expect(
        try isMessage(
          #"{"event_type":"message_sent","recipient":"class","teacher":"T","text":"x"}"#,
          at: position))
      #expect(
        try !isMessage(
          #"{"event_type":"help","student_id":"s","notebook_path":"\"event_type\":\"message_sent\""}"#,
          at: position))
    }
    #expect(!MessageListener.isMessage(ByteBuffer()))
    #expect(!MessageListener.isMessage(ByteBuffer(string: #"{"a":1}"#)))
  }
}
