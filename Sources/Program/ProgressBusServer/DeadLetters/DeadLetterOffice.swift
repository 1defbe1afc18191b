public import BigQueryMirror
import EventBus
import NIOCore

/// The dead letters of all sinks: events, which the bus keeps, and rows that BigQuery refused, which
/// PostgreSQL keeps. Safe from any task.
public struct DeadLetterOffice: Sendable {
  /// What became of letters that were to be replayed. Those that are in neither are gone: someone else
  /// replayed or purged them.
  public struct ReplayOutcome: Sendable {
    public internal(set) var replayed = 0
    /// Hand-published messages that are still no valid events, and why.
    public internal(set) var stillInvalid: [(id: DeadLetterID, reason: String)] = []
  }

  private let desk: DeadLetterDesk?
  private let mirror: MirrorController?

  /// - Parameters:
  ///   - desk: nil leaves events out.
  ///   - mirror: nil leaves rows out.
  public init(desk: DeadLetterDesk?, mirror: MirrorController?) {
    self.desk = desk
    self.mirror = mirror
  }

  /// Runs `body` with the stores that letters of `sink` can be in, and closes them after. Without a
  /// sink, rows are left out where no database is configured.
  ///
  /// - Throws: when a store cannot be reached, a setting is missing or malformed, and what `body` throws.
  public static func withOffice<Value: Sendable>(
    of sink: String?, _ configuration: ServerConfiguration,
    _ body: (DeadLetterOffice) async throws -> Value
  ) async throws -> Value {
    let isAboutRows = sink == nil || sink == DeadLetter.bigQueryName
    let hasDatabase = configuration.settings.text("database.url") != nil
    let mirror =
      isAboutRows && (hasDatabase || sink != nil) ? try MirrorDesk.open(configuration) : nil
    do {
      let desk =
        sink == DeadLetter.bigQueryName ? nil : try await DeadLetterDesk.open(configuration)
      defer { desk?.close() }
      let value = try await body(DeadLetterOffice(desk: desk, mirror: mirror?.controller))
      await mirror?.close()
      return value
    } catch {
      await mirror?.close()
      throw error
    }
  }

  /// The letters that are meant, oldest first.
  public func entries(_ filter: DeadLetterFilter) -> DeadLetterEntries {
    entries(filter, after: .start)
  }

  /// Where the letters of the bus end now. Rows need no end: one that is refused again keeps its number.
  ///
  /// - Throws: `BusError`.
  func end() async throws -> DeadLetterPlace {
    DeadLetterPlace(event: try await desk?.newest() ?? .zero, row: .max)
  }

  /// Those behind a place.
  func entries(_ filter: DeadLetterFilter, after place: DeadLetterPlace) -> DeadLetterEntries {
    let wantsRows = filter.sink == nil || filter.sink == DeadLetter.bigQueryName
    return DeadLetterEntries(
      events: filter.sink == DeadLetter.bigQueryName
        ? nil : desk?.letters(filter, after: place.event),
      rows: wantsRows ? mirror : nil, reason: filter.reason, row: place.row)
  }

  /// Nil when there is no such letter.
  ///
  /// - Throws: `BusError`, or `PostgresError`.
  public func content(_ id: DeadLetterID) async throws -> DeadLetterContent? {
    switch id {
    case .event(let id):
      return try await desk?.letter(id).map { stored in
        DeadLetterContent(
          entry: DeadLetterEntry(DeadLetterSummary(stored)), fullReason: stored.letter.reason,
          sourceKey: nil,
          payload: String(buffer: stored.letter.payload))
      }
    case .row(let number):
      return try await mirror?.failure(number).map { row in
        DeadLetterContent(
          entry: DeadLetterEntry(row.failure), fullReason: row.fullReason,
          sourceKey: row.sourceKey, payload: row.document)
      }
    }
  }

  /// Gives letters to their sinks once more.
  ///
  /// - Throws: `BusError`, or `PostgresError`. Letters before the one that failed are replayed.
  public func replay(_ ids: [DeadLetterID]) async throws -> ReplayOutcome {
    var outcome = ReplayOutcome()
    let (events, rows) = Self.apart(ids)
    if let mirror, !rows.isEmpty { outcome.replayed += try await mirror.retry(rows).requeued }
    for id in events {
      switch try await desk?.replay(id) ?? .gone {
      case .replayed: outcome.replayed += 1
      case .gone: break
      case .stillInvalid(let reason): outcome.stillInvalid.append((.event(id), reason))
      }
    }
    return outcome
  }

  /// Throws letters away. A row stays in `bq_sync_failures` as abandoned.
  ///
  /// - Returns: how many were there.
  /// - Throws: `BusError`, or `PostgresError`.
  public func purge(_ ids: [DeadLetterID]) async throws -> Int {
    let (events, rows) = Self.apart(ids)
    let purgedEvents = events.isEmpty ? 0 : try await desk?.purge(events) ?? 0
    let purgedRows = rows.isEmpty ? 0 : try await mirror?.clearFailed(rows).cleared ?? 0
    return purgedEvents + purgedRows
  }

  private static func apart(_ ids: [DeadLetterID]) -> (events: [StreamID], rows: [Int64]) {
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
