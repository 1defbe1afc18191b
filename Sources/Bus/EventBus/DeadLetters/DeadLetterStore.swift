/// Keeps dead letters until someone replays or purges them. Nothing expires by itself.
public protocol DeadLetterStore: Sendable {
  func add(_ letters: [DeadLetter]) async throws(BusError)

  /// Up to `limit` letters behind `position`, oldest first.
  func letters(after position: StreamID, limit: Int) async throws(BusError) -> [StoredDeadLetter]

  /// The same without their payloads, which may be large and are personal.
  func summaries(
    after position: StreamID, limit: Int
  ) async throws(BusError) -> [DeadLetterSummary]

  /// The newest letter's id; nil when there is none.
  func newest() async throws(BusError) -> StreamID?

  func letter(_ id: StreamID) async throws(BusError) -> StoredDeadLetter?

  /// Appends the letter to the journal for its sink alone and removes it from the store, in one
  /// atomic step; false when it is gone already. A letter of sink `bus` cannot be replayed so: publish
  /// its payload again.
  func replay(_ id: StreamID) async throws(BusError) -> Bool

  /// Removes letters; returns how many were there.
  func remove(_ ids: [StreamID]) async throws(BusError) -> Int

  func count() async throws(BusError) -> Int
}
