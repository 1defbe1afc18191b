import EventBus
import Synchronization

/// The entries that this consumer works on.
final class InFlightEntries: Sendable {
  private struct State {
    var nextBatch = 0
    var batches: [Int: [StreamID]] = [:]
  }

  private let state = Mutex(State())

  /// Returns the batch's number, for `end`.
  func begin(_ ids: [StreamID]) -> Int {
    state.withLock { state in
      state.nextBatch += 1
      state.batches[state.nextBatch] = ids
      return state.nextBatch
    }
  }

  func end(_ batch: Int) {
    _ = state.withLock { $0.batches.removeValue(forKey: batch) }
  }

  var ids: [StreamID] {
    state.withLock { $0.batches.values.flatMap { $0 } }
  }
}
