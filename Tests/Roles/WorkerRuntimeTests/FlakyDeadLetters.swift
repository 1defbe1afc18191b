import EventBus
import NIOConcurrencyHelpers

/// A store that fails to add until it is healed.
final class FlakyDeadLetters: DeadLetterStore {
  private struct State {
    var isHealed = false
    var failures = 0
  }

  private let store: any DeadLetterStore
  private let state = NIOLockedValueBox(State())

  init(_ store: any DeadLetterStore) {
    self.store = store
  }

  var failures: Int { state.withLockedValue { $0.failures } }
  func heal() { state.withLockedValue { $0.isHealed = true } }

  func add(_ refused: [RefusedEntry]) async throws(BusError) -> Int {
    let isHealed = state.withLockedValue { state in
      if !state.isHealed { state.failures += 1 }
      return state.isHealed
    }
    guard isHealed else { throw .unavailable("broken pipe") }
    return try await store.add(refused)
  }

  func deadLetters(
    after position: StreamID, limit: Int
  ) async throws(BusError) -> [StoredDeadLetter] {
    try await store.deadLetters(after: position, limit: limit)
  }

  func summaries(
    after position: StreamID, limit: Int
  ) async throws(BusError) -> [DeadLetterSummary] {
    try await store.summaries(after: position, limit: limit)
  }

  func newest() async throws(BusError) -> StreamID? { try await store.newest() }

  func deadLetter(_ id: StreamID) async throws(BusError) -> StoredDeadLetter? {
    try await store.deadLetter(id)
  }

  func replay(_ id: StreamID) async throws(BusError) -> Bool { try await store.replay(id) }
  func remove(_ ids: [StreamID]) async throws(BusError) -> Int { try await store.remove(ids) }
  func count() async throws(BusError) -> Int { try await store.count() }
}
