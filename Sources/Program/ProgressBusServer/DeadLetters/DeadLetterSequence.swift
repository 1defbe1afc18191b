public import EventBus

/// Dead letters that a filter lets through, oldest first, without their payloads.
public struct DeadLetterSequence: AsyncSequence, Sendable {
  public typealias Element = DeadLetterSummary

  public struct AsyncIterator: AsyncIteratorProtocol {
    private static let pageSize = 500

    let store: any DeadLetterStore
    let filter: DeadLetterFilter
    private var page: ArraySlice<DeadLetterSummary> = []
    private var position: StreamID

    init(store: any DeadLetterStore, filter: DeadLetterFilter, after position: StreamID) {
      self.store = store
      self.filter = filter
      self.position = position
    }

    /// - Throws: `BusError`.
    public mutating func next() async throws -> DeadLetterSummary? {
      while true {
        if page.isEmpty {
          page = try await store.summaries(after: position, limit: Self.pageSize)[...]
          guard let last = page.last else { return nil }
          position = last.id
        }
        let letter = page.removeFirst()
        if filter.matches(letter) { return letter }
      }
    }
  }

  let store: any DeadLetterStore
  let filter: DeadLetterFilter
  let position: StreamID

  public func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(store: store, filter: filter, after: position)
  }
}
