import SeededRandom
import Testing

@testable import WorkerRuntime

@Suite struct BatchBisectionTests {
  /// Writes as a sink would that refuses any batch with a bad event in it.
  private func run(
    count: Int, bad: Set<Int>, unavailable: (Int) -> Bool = { _ in false }
  ) -> (stored: [Int], culprits: [Int], writes: Int) {
    var bisection = BatchBisection(count: count)
    var (stored, culprits, writes, tries) = ([Int](), [Int](), 0, 0)
    while let range = bisection.next {
      tries += 1
      if unavailable(tries) {
        bisection.unavailable()
        continue
      }
      writes += 1
      if bad.isDisjoint(with: range) {
        _ = bisection.stored()
        stored += range
      } else if let culprit = bisection.refused() {
        culprits.append(culprit.index)
      }
    }
    return (stored, culprits, writes)
  }

  @Test(arguments: 0..<200)
  func findsExactlyTheBadOnesInFewWrites(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    let count = Int.random(in: 1...700, using: &random)
    let bad = Set(
      (0..<Int.random(in: 0...8, using: &random)).map { _ in
        Int.random(in: 0..<count, using: &random)
      })
    var outages = SeededGenerator(seed: UInt64(seed) &+ 1_000)
    let result = run(count: count, bad: bad) { _ in Int.random(in: 0..<4, using: &outages) == 0 }

    #expect(result.culprits == bad.sorted())
    #expect(result.stored == (0..<count).filter { !bad.contains($0) })
    let depth = Int.bitWidth - (count - 1).leadingZeroBitCount
    #expect(result.writes <= 1 + 2 * bad.count * max(depth, 1))
  }

  /// Errors that name no event, of a sink that can prove that it takes others or cannot yet.
  @Test(arguments: 0..<100)
  func findsWhatIsAnsweredWithAnErrorOnceAnyEventIsTaken(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    let count = Int.random(in: 2...700, using: &random)
    let bad = Set(
      (0..<Int.random(in: 0...5, using: &random)).map { _ in
        Int.random(in: 0..<count, using: &random)
      })
    var bisection = BatchBisection(count: count)
    var (stored, culprits, writes) = ([Int](), [Int](), 0)
    while bad.count < count, let range = bisection.next, writes < 10_000 {
      writes += 1
      if bad.isDisjoint(with: range) {
        _ = bisection.stored()
        stored += range
        continue
      }
      switch bisection.failed("status 500") {
      case .none: break
      case .wantsProof where stored.isEmpty: _ = bisection.unproved()
      case .wantsProof: bisection.proved()
      case .culprit(let culprit): culprits.append(culprit.index)
      }
    }
    #expect(culprits.sorted() == bad.sorted())
    #expect(stored.sorted() == (0..<count).filter { !bad.contains($0) })
    #expect(writes <= 100 + 30 * bad.count)
  }

  @Test func anAnswerThatChangesCondemnsNobody() {
    var bisection = BatchBisection(count: 1)
    for number in 0..<100 {
      let suspicion = bisection.failed("status \(500 + number / 4 % 2)")
      if suspicion == .wantsProof { bisection.proved() }
      #expect(suspicion == .none || suspicion == .wantsProof)
    }
    for _ in 0..<100 {
      _ = bisection.failed("status 500")
      bisection.unavailable()
    }
    #expect(bisection.next == 0..<1)
  }

  @Test func anOutageThatAnswersTakesNoBatchApart() {
    var bisection = BatchBisection(count: 5_000)
    for _ in 0..<10_000 {
      if bisection.failed("status 502") == .wantsProof { _ = bisection.unproved() }
    }
    var parts = 0
    while bisection.next != nil {
      _ = bisection.stored()
      parts += 1
    }
    #expect(parts < 50)
  }

  @Test func whatTakesTooLongIsHalvedAndASingleEventIsKept() {
    var bisection = BatchBisection(count: 4)
    bisection.outOfTime()
    #expect(bisection.next == 0..<2)
    bisection.outOfTime()
    for _ in 0..<100 { bisection.outOfTime() }
    #expect(bisection.next == 0..<1)
    #expect(bisection.stored() == 103)
    #expect(bisection.next == 1..<2)
  }

  @Test func countsTheWritesThatAnEventWasPartOf() {
    var bisection = BatchBisection(count: 4, attempts: 2)
    bisection.unavailable()
    #expect(bisection.refused() == nil)
    #expect(bisection.next == 0..<2)
    #expect(bisection.refused() == nil)
    #expect(bisection.refused() == BatchBisection.Culprit(index: 0, attempts: 6))
    #expect(bisection.next == 1..<2)
    #expect(bisection.stored() == 6)
    #expect(bisection.next == 2..<4)
    #expect(bisection.stored() == 5)
    #expect(bisection.next == nil)
  }

  @Test func anEmptyBatchNeedsNoWrite() {
    #expect(BatchBisection(count: 0).next == nil)
  }
}
