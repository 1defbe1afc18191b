import BigQueryMirror

/// Dead letters of all sinks that a filter lets through, oldest first, read a page at a time as they are
/// asked for.
public struct DeadLetterEntries: AsyncSequence, Sendable {
  public typealias Element = DeadLetterEntry

  public struct AsyncIterator: AsyncIteratorProtocol {
    private static let pageSize = 500

    // A store that has no more is nil, and not asked again for each letter of the other.
    private var events: DeadLetterSequence.AsyncIterator?
    private var rows: MirrorController?
    private let reason: String?
    private var page: ArraySlice<RowFailure> = []
    private var position: Int64
    private var nextEvent: DeadLetterEntry?
    private var nextRow: DeadLetterEntry?

    init(
      events: DeadLetterSequence?, rows: MirrorController?, reason: String?, after row: Int64
    ) {
      self.events = events?.makeAsyncIterator()
      self.rows = rows
      self.reason = reason
      position = row
    }

    /// - Throws: `BusError`, or `PostgresError`.
    public mutating func next() async throws -> DeadLetterEntry? {
      if nextEvent == nil {
        nextEvent = try await events?.next().map(DeadLetterEntry.init)
        if nextEvent == nil { events = nil }
      }
      if nextRow == nil { nextRow = try await row() }
      if let event = nextEvent, nextRow.map({ event.deadLetteredAt <= $0.deadLetteredAt }) ?? true {
        nextEvent = nil
        return event
      }
      defer { nextRow = nil }
      return nextRow
    }

    private mutating func row() async throws -> DeadLetterEntry? {
      guard let rows else { return nil }
      if page.isEmpty {
        page = try await rows.failures(after: position, limit: Self.pageSize, reason: reason)[...]
      }
      guard let failure = page.popFirst() else {
        self.rows = nil
        return nil
      }
      position = failure.id
      return DeadLetterEntry(failure)
    }
  }

  let events: DeadLetterSequence?
  let rows: MirrorController?
  let reason: String?
  /// The row behind which to begin.
  let row: Int64

  public func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(events: events, rows: rows, reason: reason, after: row)
  }
}
