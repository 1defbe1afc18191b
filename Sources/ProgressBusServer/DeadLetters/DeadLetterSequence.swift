public import EventBus

/// Dead letters that a filter lets through, oldest first.
public struct DeadLetterSequence: AsyncSequence, Sendable {
  public typealias Element = StoredDeadLetter

  public struct AsyncIterator: AsyncIteratorProtocol {
    private static let pageSize = 500

    let store: any DeadLetterStore
    let filter: DeadLetterFilter
    private var page: ArraySlice<StoredDeadLetter> = []
    private var position = StreamID.zero

    init(store: any DeadLetterStore, filter: DeadLetterFilter) {
      self.store = store
      self.filter = filter
    }

    /// - Throws: `BusError`.
    public mutating func next() async throws -> StoredDeadLetter? {
      while true {
        if page.isEmpty {
          page = try await store.letters(after: position, limit: Self.pageSize)[...]
          guard let last = page.last else { return nil }
          position = last.id
        }
        let stored = page.removeFirst()
        if filter.matches(stored.letter) { return stored }
      }
    }
  }

  let store: any DeadLetterStore
  let filter: DeadLetterFilter

  public func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(store: store, filter: filter)
  }
}
