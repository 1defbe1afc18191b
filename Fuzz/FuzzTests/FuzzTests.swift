import FuzzTargets
import SeededRandom
import Testing

/// A short run of every target, the same in each run; `make fuzz` goes on from there.
@Suite struct FuzzTests {
  @Test(arguments: FuzzTarget.all.map(\.name))
  func nothingThatChangedSeedsBecomeIsAFinding(name: String) throws {
    let target = try #require(FuzzTarget.all.first { $0.name == name })
    var mutator = Mutator(seeds: target.seeds, seed: 20_261_127)
    for seed in target.seeds { #expect(target.fault(of: seed) == nil) }
    for run in 0..<1_000 {
      let input = mutator.next()
      if let fault = target.fault(of: input) {
        Issue.record("run \(run): \(fault): \(input)")
        return
      }
    }
  }

  @Test func everySeedOfAnEventIsAnEvent() throws {
    let decoder = try #require(FuzzTarget.all.first { $0.name == "event-decoder" })
    for seed in decoder.seeds {
      #expect(FuzzTarget.takesEvent(seed), "\(String(decoding: seed, as: UTF8.self))")
    }
  }
}

/// Changes seeds at random: bits, bytes, pieces left out, doubled, and taken from another seed.
private struct Mutator {
  private static let telling: [UInt8] =
    [0, 1, 0x7f, 0x80, 0xff] + Array("\"\\{}[],:=. \n\r-0e".utf8)

  private let seeds: [[UInt8]]
  private var random: SeededGenerator

  init(seeds: [[UInt8]], seed: UInt64) {
    self.seeds = seeds
    random = SeededGenerator(seed: seed)
  }

  mutating func next() -> [UInt8] {
    var input = seeds.randomElement(using: &random) ?? []
    for _ in 0...Int.random(in: 0...3, using: &random) { change(&input) }
    return input
  }

  private mutating func change(_ input: inout [UInt8]) {
    guard !input.isEmpty else {
      input = [UInt8.random(in: 0...255, using: &random)]
      return
    }
    let place = Int.random(in: input.indices, using: &random)
    switch Int.random(in: 0...5, using: &random) {
    case 0: input[place] ^= 1 << UInt8.random(in: 0...7, using: &random)
    case 1: input[place] = Self.telling.randomElement(using: &random) ?? 0
    case 2: input.insert(Self.telling.randomElement(using: &random) ?? 0, at: place)
    case 3: input.removeSubrange(piece(of: input, from: place))
    case 4: input.insert(contentsOf: input[piece(of: input, from: place)], at: place)
    default:
      let other = seeds.randomElement(using: &random) ?? []
      guard !other.isEmpty else { return }
      let from = Int.random(in: other.indices, using: &random)
      input.insert(contentsOf: other[piece(of: other, from: from)], at: place)
    }
  }

  private mutating func piece(of bytes: [UInt8], from start: Int) -> Range<Int> {
    start..<min(bytes.count, start + Int.random(in: 1...16, using: &random))
  }
}
