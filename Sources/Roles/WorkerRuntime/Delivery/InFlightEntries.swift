import EventBus
import NIOConcurrencyHelpers

/// The entries that this consumer works on.
final class InFlightEntries: Sendable {
  private struct State {
    var nextBatch = 0
    var batches: [Int: [StreamID]] = [:]
  }

  private let state = NIOLockedValueBox(State())

  /// Returns the batch's number, for `end`.
  func begin(_ ids: [StreamID]) -> Int {
    state.withLockedValue { state in
      state.nextBatch += 1
      state.batches[state.nextBatch] = ids
      return state.nextBatch
    }
  }

  func end(_ batch: Int) {
    _ = state.withLockedValue { $0.batches.removeValue(forKey: batch) }
  }

  var ids: [StreamID] {
    state.withLockedValue { $0.batches.values.flatMap { $0 } }
  }
}
