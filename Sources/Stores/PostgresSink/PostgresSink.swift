public import EventBus
public import Events
public import Logging
public import PostgresDriver
public import WorkerRuntime

/// Stores events in PostgreSQL: a batch is one transaction for each group of kinds (`EventKind.storedBy`), with a
/// call of the group's SQL function, which takes its events as one JSON array. Notebook events, by far the most,
/// come as rows of COPY and sums instead, which costs PostgreSQL far less (`ArrivedBatch`).
///
/// Each function locks what it touches in one order. Two of them in one transaction would not, as learners and
/// classes are theirs alike: concurrent batches could deadlock when a class begins.
///
/// Writing is idempotent by `event_id`, so that of a batch whose second group fails the first may be there. A
/// connection that broke is replaced at the next write.
public struct PostgresSink: Sink {
  public static let name = "postgres"
  public static let defaultLanes = 2
  public static let defaultBatchSize = 5000

  public var name: String { Self.name }
  public let batchSize: Int
  public let lanes: Int

  private let catalog: EventCatalog
  private let pool: PostgresPool
  private let logger: Logger

  /// Connects to nothing yet.
  ///
  /// - Parameters:
  ///   - lanes: connections, each of which takes one batch at a time. Two overlap one batch's commit
  ///     with the next one's parsing.
  ///   - batchSize: the most events in one write.
  public init(
    _ configuration: PostgresConfiguration, catalog: EventCatalog = .standard,
    lanes: Int = defaultLanes, batchSize: Int = defaultBatchSize, logger: Logger
  ) {
    precondition(lanes > 0 && batchSize > 0, "a sink needs a lane, and a batch of one event")
    self.catalog = catalog
    self.lanes = lanes
    self.batchSize = batchSize
    self.logger = logger
    // One more, so that `check` does not wait behind the lanes.
    self.pool = PostgresPool(configuration, size: lanes + 1, logger: logger)
  }

  public func write(_ batch: [JournalEntry]) async throws(SinkError) -> [Refusal] {
    let grouping = BatchGrouping(batch, catalog: catalog)
    guard !grouping.groups.isEmpty else { return grouping.refusals }
    do throws(PostgresError) {
      for group in grouping.groups {
        switch group.form {
        case .rows(let events): try await store(events)
        case .json(let events):
          try await pool.query("select \(group.function)($1)", [.json(events)])
        }
      }
    } catch {
      throw SinkError(error)
    }
    return grouping.refusals
  }

  private func store(_ batch: ArrivedBatch) async throws(PostgresError) {
    if let summary = batch.summary, try await storeAsNew(batch, summary) { return }
    try await pool.transaction { connection throws(PostgresError) in
      try connection.query(ArrivedBatch.preparation)
      try connection.copy(batch.arrivedRows(), to: ArrivedBatch.arrivedTable)
      try connection.query(ArrivedBatch.storing)
    }
  }

  /// Returns false, with nothing stored, when an event is stored already. Such are rare: a worker died, or a sender
  /// got no answer.
  private func storeAsNew(
    _ batch: ArrivedBatch, _ summary: BatchSummary
  ) async throws(PostgresError) -> Bool {
    // Made before rows are locked.
    let rows = batch.rows()
    do throws(PostgresError) {
      try await pool.transaction { connection throws(PostgresError) in
        try connection.copy(rows, to: ArrivedBatch.table)
        for addition in summary.additions {
          try connection.query(addition.statement, addition.arrays.map { .array($0) })
        }
      }
      return true
    } catch {
      guard error.sqlState == Self.uniqueViolation else { throw error }
      return false
    }
  }

  private static let uniqueViolation = "23505"

  public func check() async throws(SinkError) {
    do {
      try await pool.query("select 1")
    } catch {
      throw SinkError(error)
    }
  }

  public func close() async {
    await pool.close()
  }
}
