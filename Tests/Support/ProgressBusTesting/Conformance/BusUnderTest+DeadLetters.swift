import EventBus
import NIOCore
import Testing

extension BusUnderTest {
  private func letter(_ number: Int, sink: String = "postgres") -> DeadLetter {
    DeadLetter(
      sink: sink, reason: "refused é \(number)", attempts: number, eventType: "help",
      payload: ByteBuffer(bytes: [UInt8(number & 255), 0, 13, 10, 254]))
  }

  /// Nothing holds the entries any more, so there is nothing to acknowledge.
  private func add(_ letters: [DeadLetter]) async throws {
    let refused = letters.enumerated().map { index, letter in
      RefusedEntry(
        id: StreamID(milliseconds: UInt64(letter.attempts), sequence: UInt64(index)),
        deadLetter: letter)
    }
    let count = try await deadLetters.add(refused)
    #expect(count == letters.count)
  }

  func checkDeadLetters() async throws {
    #expect(try await deadLetters.newest() == nil)
    let letters = (1...600).map { letter($0) }
    try await add(letters)
    try await add([])
    #expect(try await deadLetters.count() == 600)
    let first = try await deadLetters.deadLetters(after: .zero, limit: 100)
    #expect(first.map(\.deadLetter) == Array(letters.prefix(100)))
    let rest = try await deadLetters.deadLetters(after: first[99].id, limit: 1_000)
    #expect(rest.map(\.deadLetter) == Array(letters.dropFirst(100)))
    #expect(
      try await deadLetters.summaries(after: .zero, limit: 1_000)
        == (first + rest).map { DeadLetterSummary($0) })
    #expect(
      try await deadLetters.summaries(after: rest[0].id, limit: 1)
        == [DeadLetterSummary(rest[1])])
    #expect(try await deadLetters.newest() == rest.last?.id)
    #expect(try await deadLetters.deadLetter(first[7].id) == first[7])
    #expect(try await deadLetters.remove([first[7].id, first[8].id, .zero]) == 2)
    #expect(try await deadLetters.deadLetter(first[7].id) == nil)
    #expect(try await deadLetters.remove([]) == 0)
    #expect(try await deadLetters.count() == 598)
  }

  /// By the id a sender can be answered; nothing else of a payload may be in a summary.
  func checkEventIDsOfDeadLetters() async throws {
    let id = "01890f3e-7b1c-7cc3-98c4-dc0c0c07398f"
    let payloads: [(payload: String, id: String?)] = [
      (#"{"event_id":"\#(id)","event_type":"help","student_id":"s"}"#, id),
      (#"{ "student_id": "s", "event_id" : "\#(id.uppercased())" }"#, id),
      (#"{"eventId":"\#(id)"}"#, id), (#"{"event_id":null,"eventId":"\#(id)"}"#, id),
      (#"{"attributes":{"event_id":"\#(id)"}}"#, nil), (#"{"event_id":"aiko@example.org"}"#, nil),
      (#"{"event_id":"aiko yamada, class 3, 1-2-3-4-5-6-7"}"#, nil), (#"{"event_id":7}"#, nil),
      (#"["event_id","\#(id)"]"#, nil), ("7", nil), ("no event", nil), ("", nil),
      (#"{"event_id":"\#(id)""#, id),
      (#"{"x":"\#(String(repeating: "x", count: 70_000))","event_id":"\#(id)"}"#, nil),
    ]
    try await add(
      payloads.map {
        DeadLetter(
          sink: "bus", reason: "r", attempts: 1, eventType: "",
          payload: ByteBuffer(string: $0.payload))
      })
    let summaries = try await deadLetters.summaries(after: .zero, limit: 100)
    for (summary, expected) in zip(summaries, payloads) {
      #expect(summary.eventID.map { "\($0)" } == expected.id, "\(expected.payload.prefix(80))")
    }
    #expect(summaries.count == payloads.count)
  }

  func checkReplay() async throws {
    try await add([letter(1), letter(2, sink: "bus")])
    let stored = try await deadLetters.deadLetters(after: .zero, limit: 9)
    #expect(try await deadLetters.replay(stored[0].id))
    #expect(try await !deadLetters.replay(stored[0].id))
    let entries = try await journal.entries(after: .zero, limit: 9)
    #expect(entries.count == 1)
    #expect(entries.first?.target == "postgres")
    #expect(entries.first?.eventType == "help")
    #expect(entries.first?.payload == stored[0].deadLetter.payload)
    let error = await #expect(throws: BusError.self) {
      _ = try await deadLetters.replay(stored[1].id)
    }
    #expect("\(String(describing: error))".contains("sink bus"))
    #expect(try await deadLetters.deadLetters(after: .zero, limit: 9) == [stored[1]])
  }

  func checkRefusal() async throws {
    try await journal.createGroup("postgres")
    try await publish(numbers: 1...5)
    let ids = try await journal.read(group: "postgres", consumer: "c", count: 5, wait: .zero).map(
      \.id)
    let refused = ids.enumerated().map { RefusedEntry(id: $1, deadLetter: letter($0)) }
    let pending = { try await self.journal.state().groups.first?.pending }
    #expect(try await deadLetters.add(Array(refused[..<2])) == 2)
    #expect(try await pending() == 3, "a refused entry is acknowledged with its dead letter")
    // Once more, as after a lost answer; and an entry that somebody else has stored meanwhile.
    try await journal.acknowledge(group: "postgres", ids: [ids[3]])
    #expect(try await deadLetters.add(refused) == 5)
    let stored = try await deadLetters.deadLetters(after: .zero, limit: 9).map(\.deadLetter)
    #expect(stored == [0, 1, 2, 4].map { letter($0) })
    #expect(try await pending() == 0)
  }

  func checkFullDeadLetters() async throws {
    try await journal.createGroup("postgres")
    try await publish(numbers: 1...3)
    let ids = try await journal.read(group: "postgres", consumer: "c", count: 3, wait: .zero).map(
      \.id)
    try await add((1..<BusConformance.deadLetterCapacity).map { letter($0, sink: "other") })
    let refused = ids.enumerated().map { RefusedEntry(id: $1, deadLetter: letter($0)) }
    #expect(try await deadLetters.add(refused) == 1)
    #expect(try await deadLetters.count() == BusConformance.deadLetterCapacity)
    #expect(try await journal.state().groups.first?.pending == 2, "the others stay pending")
    let ticket = AdoptionTicket(mark: "m", ordinal: 1)
    #expect(try await adoptions.reject(letter(1, sink: "bus"), ticket: ticket) == .noRoom)
    #expect(try await adoptions.reject(letter(1, sink: "bus"), ticket: ticket) == .doneBefore)
    let first = try await deadLetters.deadLetters(after: .zero, limit: 1)
    #expect(try await deadLetters.remove(first.map(\.id)) == 1)
    #expect(try await deadLetters.add(refused) == 2, "the first is settled already")
  }
}
