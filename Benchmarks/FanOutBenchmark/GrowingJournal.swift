import EventBus
import NIOConcurrencyHelpers

/// A journal in memory that is only appended to and read.
final class GrowingJournal: Journal {
  private let stored: NIOLockedValueBox<[JournalEntry]> = NIOLockedValueBox([])

  func append(_ entries: [JournalEntry]) { stored.withLockedValue { $0 += entries } }

  func entries(after position: StreamID, limit: Int) async throws(BusError) -> [JournalEntry] {
    stored.withLockedValue { stored in
      let start = stored.firstIndex { position < $0.id } ?? stored.count
      return Array(stored[start...].prefix(limit))
    }
  }

  func state() async throws(BusError) -> JournalState {
    stored.withLockedValue { stored in
      JournalState(
        entries: stored.count, first: stored.first?.id, last: stored.last?.id ?? .zero, groups: [])
    }
  }

  func createGroup(_ group: String) async throws(BusError) {}

  func read(
    group: String, consumer: String, count: Int, wait: Duration
  ) async throws(BusError) -> [JournalEntry] { [] }

  func claimAbandoned(
    group: String, consumer: String, idle: Duration, count: Int
  ) async throws(BusError) -> [ClaimedEntry] { [] }

  func touch(group: String, consumer: String, ids: [StreamID]) async throws(BusError) {}
  func acknowledge(group: String, ids: [StreamID]) async throws(BusError) {}
  func leave(group: String, consumer: String) async throws(BusError) {}
  func trim(before id: StreamID) async throws(BusError) -> Int { 0 }
}
