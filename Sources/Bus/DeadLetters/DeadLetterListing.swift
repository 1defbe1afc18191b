import EventBus

/// Dead letters of all sinks that a filter lets through, oldest first, read a page at a time as they are
/// asked for.
public struct DeadLetterListing: AsyncSequence, Sendable {
  public typealias Element = DeadLetterEntry

  private static let pageSize = 500

  public struct AsyncIterator: AsyncIteratorProtocol {
    private var events: EventPages?
    private var rows: RowPages?
    private var nextEvent: DeadLetterEntry?
    private var nextRow: DeadLetterEntry?

    fileprivate init(events: EventPages?, rows: RowPages?) {
      self.events = events
      self.rows = rows
    }

    /// - Throws: `BusError`, or what the store of rows fails with.
    public mutating func next() async throws -> DeadLetterEntry? {
      // A store that has no more is nil, and not asked again for each dead letter of the other.
      if nextEvent == nil {
        nextEvent = try await events?.next().map(DeadLetterEntry.init)
        if nextEvent == nil { events = nil }
      }
      if nextRow == nil {
        nextRow = try await rows?.next().map(DeadLetterEntry.init)
        if nextRow == nil { rows = nil }
      }
      if let event = nextEvent, nextRow.map({ event.deadLetteredAt <= $0.deadLetteredAt }) ?? true {
        nextEvent = nil
        return event
      }
      defer { nextRow = nil }
      return nextRow
    }
  }

  /// Nil leaves events out.
  let events: (any DeadLetterStore)?
  /// Nil leaves rows out.
  let rows: (any RefusedRowStore)?
  let filter: DeadLetterFilter
  /// Behind which to begin.
  let position: DeadLetterPosition

  public func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(
      events: events.map { EventPages(store: $0, filter: filter, position: position.event) },
      rows: rows.map { RowPages(store: $0, reason: filter.reason, position: position.row) })
  }

  /// The bus filters nothing, so what it returns is looked through here.
  fileprivate struct EventPages {
    let store: any DeadLetterStore
    let filter: DeadLetterFilter
    var position: StreamID
    private var page: ArraySlice<DeadLetterSummary> = []

    init(store: any DeadLetterStore, filter: DeadLetterFilter, position: StreamID) {
      self.store = store
      self.filter = filter
      self.position = position
    }

    mutating func next() async throws -> DeadLetterSummary? {
      while true {
        if page.isEmpty {
          page = try await store.summaries(after: position, limit: pageSize)[...]
          guard let last = page.last else { return nil }
          position = last.id
        }
        let summary = page.removeFirst()
        if filter.matches(summary) { return summary }
      }
    }
  }

  fileprivate struct RowPages {
    let store: any RefusedRowStore
    let reason: String?
    var position: Int64
    private var page: ArraySlice<RefusedRow> = []

    init(store: any RefusedRowStore, reason: String?, position: Int64) {
      self.store = store
      self.reason = reason
      self.position = position
    }

    mutating func next() async throws -> RefusedRow? {
      if page.isEmpty {
        page = try await store.refusedRows(after: position, limit: pageSize, reason: reason)[...]
      }
      guard let row = page.popFirst() else { return nil }
      position = row.number
      return row
    }
  }
}
