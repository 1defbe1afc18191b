import Testing

@testable import Events

@Suite struct EventIDTests {
  @Test func theTextFormIsReadInEitherCaseAndWrittenInLowerCase() {
    let id = EventID("0192F5A1-7B3C-7DEF-8123-456789ABCDEF")
    #expect(id?.description == "0192f5a1-7b3c-7def-8123-456789abcdef")
    for wrong in [
      "", "0192f5a17b3c7def8123456789abcdef", "0192f5a1-7b3c-7def-8123-456789abcdeg",
      "{192f5a1-7b3c-7def-8123-456789abcdef", "0192f5a1-7b3c-7def-8123-456789abcdef0",
    ] {
      #expect(EventID(wrong) == nil, "\(wrong)")
    }
  }

  @Test func generatedIDsAreDistinctUUIDsOfVersion7AndSortByTime() {
    var generator = EventIDGenerator()
    var seen: Set<EventID> = []
    var previous = ""
    for step in 0..<5000 {
      let moment = Timestamp(microseconds: 1_795_000_000_000_000 + Int64(step) * 7)
      let id = generator.next(at: moment)
      #expect(seen.insert(id).inserted)
      let text = id.description
      #expect(Array(text)[14] == "7")
      #expect("89ab".contains(Array(text)[19]))
      #expect(id.high >> 16 == UInt64(moment.microseconds / 1000))
      #expect(text.prefix(18) >= previous.prefix(18))
      previous = text
    }
  }

  @Test func randomWordsDifferAndEveryBitIsAboutAsOftenSetAsNot() {
    var words = RandomWords()
    let drawn = (0..<RandomWords.blockCount * 64).map { _ in words.next() }
    #expect(Set(drawn).count == drawn.count)
    for bit in 0..<64 {
      let share = Double(drawn.filter { $0 >> bit & 1 == 1 }.count) / Double(drawn.count)
      // Ten standard deviations of 2048 throws of a coin.
      #expect(abs(share - 0.5) < 0.11, "bit \(bit)")
    }
    var other = RandomWords()
    #expect(!drawn.contains(other.next()))
  }
}
