public import EventBus
import NIOCore

/// What an operator does with the dead letters of all sinks: look, replay, purge. Events are kept by the
/// bus, rows that BigQuery refused by PostgreSQL. Safe from any task.
public struct DeadLetterService: Sendable {
  /// Where the bus keeps dead letters, and what replaying a hand-published message takes.
  public struct Bus: Sendable {
    let store: any DeadLetterStore
    let publisher: any EventPublisher
    let decoder: any HandPublishedDecoder

    public init(
      store: any DeadLetterStore, publisher: any EventPublisher, decoder: any HandPublishedDecoder
    ) {
      self.store = store
      self.publisher = publisher
      self.decoder = decoder
    }
  }

  private static let removedAtOnce = 500

  let bus: Bus?
  let rows: (any RefusedRowStore)?

  /// - Parameters:
  ///   - bus: nil leaves events out.
  ///   - rows: nil leaves rows out.
  public init(bus: Bus?, rows: (any RefusedRowStore)?) {
    self.bus = bus
    self.rows = rows
  }

  /// The dead letters that are meant, oldest first.
  ///
  /// - Parameter position: behind which to begin.
  public func list(
    _ filter: DeadLetterFilter, after position: DeadLetterPosition = .start
  ) -> DeadLetterListing {
    let isAboutRows = filter.sink == nil || filter.sink == DeadLetter.bigQueryName
    return DeadLetterListing(
      events: filter.sink == DeadLetter.bigQueryName ? nil : bus?.store,
      rows: isAboutRows ? rows : nil, filter: filter, position: position)
  }

  /// Where the dead letters of the bus end now. Rows need no end: one that is refused again keeps its
  /// number.
  ///
  /// - Throws: `BusError`.
  public func end() async throws -> DeadLetterPosition {
    DeadLetterPosition(event: try await bus?.store.newest() ?? .zero, row: .max)
  }

  /// Nil when there is no such dead letter.
  ///
  /// - Throws: `BusError`, or what the store of rows fails with.
  public func content(_ id: DeadLetterID) async throws -> DeadLetterContent? {
    switch id {
    case .event(let id):
      return try await bus?.store.deadLetter(id).map { stored in
        DeadLetterContent(
          entry: DeadLetterEntry(DeadLetterSummary(stored)), fullReason: stored.deadLetter.reason,
          sourceKey: nil, payload: String(buffer: stored.deadLetter.payload))
      }
    case .row(let number):
      return try await rows?.refusedRow(number).map { content in
        DeadLetterContent(
          entry: DeadLetterEntry(content.row), fullReason: content.fullReason,
          sourceKey: content.sourceKey, payload: content.document)
      }
    }
  }

  /// Throws dead letters away. A row stays in `bq_sync_failures` as abandoned.
  ///
  /// - Returns: how many were there.
  /// - Throws: `BusError`, or what the store of rows fails with.
  public func purge(_ ids: [DeadLetterID]) async throws -> Int {
    let (events, numbers) = Self.apart(ids)
    var purged = 0
    if let bus {
      for start in stride(from: 0, to: events.count, by: Self.removedAtOnce) {
        purged += try await bus.store.remove(
          Array(events[start..<min(start + Self.removedAtOnce, events.count)]))
      }
    }
    if let rows, !numbers.isEmpty { purged += try await rows.purgeRefusedRows(numbers) }
    return purged
  }

  static func apart(_ ids: [DeadLetterID]) -> (events: [StreamID], rows: [Int64]) {
    var events: [StreamID] = []
    var rows: [Int64] = []
    for id in ids {
      switch id {
      case .event(let id): events.append(id)
      case .row(let number): rows.append(number)
      }
    }
    return (events, rows)
  }
}
