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
