import EventBus
import NIOCore
import Testing

extension BusUnderTest {
  private func letter(_ number: Int, sink: String = "postgres") -> DeadLetter {
    DeadLetter(
      sink: sink, reason: "refused é \(number)", attempts: number, eventType: "help",
      payload: ByteBuffer(bytes: [UInt8(number & 255), 0, 13, 10, 254]))
  }

  func checkDeadLetters() async throws {
    #expect(try await deadLetters.newest() == nil)
    let letters = (1...600).map { letter($0) }
    try await deadLetters.add(letters)
    try await deadLetters.add([])
    #expect(try await deadLetters.count() == 600)
    let first = try await deadLetters.letters(after: .zero, limit: 100)
    #expect(first.map(\.letter) == Array(letters.prefix(100)))
    let rest = try await deadLetters.letters(after: first[99].id, limit: 1_000)
    #expect(rest.map(\.letter) == Array(letters.dropFirst(100)))
    #expect(
      try await deadLetters.summaries(after: .zero, limit: 1_000)
        == (first + rest).map { DeadLetterSummary($0) })
    #expect(
      try await deadLetters.summaries(after: rest[0].id, limit: 1)
        == [DeadLetterSummary(rest[1])])
    #expect(try await deadLetters.newest() == rest.last?.id)
    #expect(try await deadLetters.letter(first[7].id) == first[7])
    #expect(try await deadLetters.remove([first[7].id, first[8].id, .zero]) == 2)
    #expect(try await deadLetters.letter(first[7].id) == nil)
    #expect(try await deadLetters.remove([]) == 0)
    #expect(try await deadLetters.count() == 598)
  }

  func checkReplay() async throws {
    try await deadLetters.add([letter(1), letter(2, sink: "bus")])
    let stored = try await deadLetters.letters(after: .zero, limit: 9)
    #expect(try await deadLetters.replay(stored[0].id))
    #expect(try await !deadLetters.replay(stored[0].id))
    let entries = try await journal.entries(after: .zero, limit: 9)
    #expect(entries.count == 1)
    #expect(entries.first?.target == "postgres")
    #expect(entries.first?.eventType == "help")
    #expect(entries.first?.payload == stored[0].letter.payload)
    let error = await #expect(throws: BusError.self) {
      _ = try await deadLetters.replay(stored[1].id)
    }
    #expect("\(String(describing: error))".contains("sink bus"))
    #expect(try await deadLetters.letters(after: .zero, limit: 9) == [stored[1]])
  }
}
