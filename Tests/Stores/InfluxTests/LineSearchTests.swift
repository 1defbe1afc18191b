import SeededRandom
import Testing
import WorkerRuntime

@testable import Influx

@Suite struct LineSearchTests {
  private static let limit = InfluxRefusal("limit", .limit)

  /// A server that loses as many good points as it refuses, and counts the refused ones alone, as InfluxDB
  /// 1.6 does.
  @Test(arguments: 0..<200)
  func everyGoodLineIsStoredBySomeoneWhoLosesThem(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    let count = Int.random(in: 1...600, using: &random)
    let series = (0..<count).map { _ in Int.random(in: 0..<40, using: &random) }
    let bad = Int.random(in: 0...40, using: &random)
    var stored: Set<Int> = []
    var writes = 0
    var search = LineSearch(0..<count, size: 250)
    while let lines = search.next {
      writes += 1
      let refused = lines.filter { series[$0] < bad }
      let lost = lines.filter { series[$0] >= bad }.prefix(refused.count)
      stored.formUnion(lines.filter { series[$0] >= bad }.dropFirst(lost.count))
      if refused.isEmpty {
        search.stored()
      } else if refused.count == lines.count {
        search.refusedWhole(Self.limit)
      } else {
        search.sort { series[$0] }
        search.halve { series[$0] == series[$1] }
      }
    }
    #expect(stored == Set((0..<count).filter { series[$0] >= bad }))
    #expect(Set(search.refused.keys) == Set((0..<count).filter { series[$0] < bad }))
    // Both kinds meet in one place of each of the three parts, and forty series are halved six times.
    #expect(writes <= 3 * (1 + 2 * 6))
  }

  @Test func linesThatTheServerNamesAreRefusedByTheirPlace() {
    var search = LineSearch([3, 5, 7, 9], size: 2)
    #expect(search.next == [3, 5])
    search.stored(without: [1: Self.limit])
    search.halve()
    #expect(search.next == [7])
    search.stored()
    search.refusedWhole(Self.limit)
    #expect(search.next == nil)
    #expect(search.refused.keys.sorted() == [5, 9])
  }

  @Test func aLineTellsItsSeriesAndItsTime() {
    var batch = LineBatch()
    for (event, line) in [
      #"m,a=x\ y,b=z f="one two" 17"#, #"m,a=x\ y,b=z f=2i 18"#, #"m,a=x,b=z f=2i 18"#,
      #"m,a=\\ f=2i -19"#,
    ].enumerated() {
      batch.bytes += Array("\(line)\n".utf8)
      batch.endLine(event: event)
    }
    #expect(batch.seriesHash(of: 0) == batch.seriesHash(of: 1))
    #expect(batch.seriesHash(of: 1) != batch.seriesHash(of: 2))
    #expect((0..<4).map(batch.time) == [17, 18, 18, -19])
    #expect(String(decoding: batch.bytes(of: [2, 0]), as: UTF8.self).hasSuffix("17\n"))
  }
}
