import ProgressBusTesting
import Testing

@testable import API

struct SingleFlightCacheTests {
  private actor Source {
    private(set) var loads = 0
    private var isOpen: Bool
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(isOpen: Bool = true) { self.isOpen = isOpen }

    func open() {
      isOpen = true
      for waiter in waiting { waiter.resume() }
      waiting = []
    }

    func load() async -> Int {
      loads += 1
      let number = loads
      if !isOpen { await withCheckedContinuation { waiting.append($0) } }
      return number
    }
  }

  private struct Down: Error {}

  @Test func manyAskersLoadOnce() async throws {
    let source = Source(isOpen: false)
    let cache = SingleFlightCache<String, Int>(.none) { _ in await source.load() }
    try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<20 { group.addTask { try await cache.value(for: "a") } }
      try await eventually { await source.loads == 1 }
      // All that are under way now wait for the same load.
      for _ in 0..<200 { await Task.yield() }
      await source.open()
      for try await value in group { #expect(value >= 1) }
    }
    #expect(await source.loads < 20)
  }

  @Test func freshAnswersAreUsedAgainAKey() async throws {
    let source = Source()
    let ages = CacheAges(fresh: .seconds(3600), usable: .seconds(3600))
    let cache = SingleFlightCache<String, Int>(ages) { _ in await source.load() }
    #expect(try await cache.value(for: "a") == 1)
    #expect(try await cache.value(for: "a") == 1)
    #expect(try await cache.value(for: "b") == 2)
  }

  @Test func anOlderAnswerServesWhileTheNextLoads() async throws {
    let source = Source()
    let ages = CacheAges(fresh: .zero, usable: .seconds(3600))
    let cache = SingleFlightCache<String, Int>(ages) { _ in await source.load() }
    #expect(try await cache.value(for: "a") == 1)
    #expect(try await cache.value(for: "a") == 1)
    try await eventually { try await cache.value(for: "a") >= 2 }
  }

  @Test func failuresAreNotKept() async throws {
    let source = Source()
    let ages = CacheAges(fresh: .seconds(3600), usable: .seconds(3600))
    let cache = SingleFlightCache<String, Int>(ages) { _ in
      let number = await source.load()
      if number == 1 { throw Down() }
      return number
    }
    await #expect(throws: Down.self) { try await cache.value(for: "a") }
    #expect(try await cache.value(for: "a") == 2)
  }

  @Test func aFullCacheStillAnswers() async throws {
    let ages = CacheAges(fresh: .seconds(3600), usable: .seconds(3600))
    let cache = SingleFlightCache<Int, Int>(ages, capacity: 2) { $0 * 10 }
    for key in 0..<10 { #expect(try await cache.value(for: key) == key * 10) }
  }
}
