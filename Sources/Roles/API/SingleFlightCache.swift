import Concurrency

/// Keeps what was loaded last for a short while. However many ask for a key at once, it is loaded once.
///
/// An answer that is a second old loses nothing: it carries the journal position from which the live
/// stream goes on. Failures are not kept.
actor SingleFlightCache<Key: Hashable & Sendable, Value: Sendable> {
  private struct Entry {
    var value: Value
    var loadedAt: ContinuousClock.Instant
  }

  private let ages: CacheAges
  private let capacity: Int
  private let load: @Sendable (Key) async throws -> Value
  private var entries: [Key: Entry] = [:]
  private let loads = SingleFlight<Key, Value, any Error>()

  /// - Parameter capacity: the most keys that are kept; past it, what is too old to be used goes.
  init(
    _ ages: CacheAges, capacity: Int = 64, load: @escaping @Sendable (Key) async throws -> Value
  ) {
    self.ages = ages
    self.capacity = capacity
    self.load = load
  }

  func value(for key: Key) async throws -> Value {
    if let entry = entries[key] {
      let age = ContinuousClock.now - entry.loadedAt
      if age < ages.fresh { return entry.value }
      if age < ages.usable {
        startLoading(key)
        return entry.value
      }
    }
    return try await startLoading(key).value.get()
  }

  @discardableResult
  private func startLoading(_ key: Key) -> SingleFlight<Key, Value, any Error>.Call {
    loads.call(for: key) {
      // The age counts from the start: what happened during the load may be missing.
      let startedAt = ContinuousClock.now
      let value = try await self.load(key)
      await self.keep(value, for: key, loadedAt: startedAt)
      return value
    }
  }

  private func keep(_ value: Value, for key: Key, loadedAt: ContinuousClock.Instant) {
    guard ages.usable > .zero else { return }
    if entries.count >= capacity, entries[key] == nil {
      let now = ContinuousClock.now
      entries = entries.filter { now - $0.value.loadedAt < ages.usable }
      guard entries.count < capacity else { return }
    }
    entries[key] = Entry(value: value, loadedAt: loadedAt)
  }
}
