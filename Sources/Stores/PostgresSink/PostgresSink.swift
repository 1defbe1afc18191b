public import EventBus
public import Events
public import Logging
public import PostgresDriver
public import WorkerRuntime

/// Stores events in PostgreSQL: a batch is one transaction for each group of kinds (`EventKind.storedBy`), with a
/// call of the group's SQL function, which takes its events as one JSON array. Notebook events, by far the most,
/// come as rows of COPY instead, which costs PostgreSQL less than parsing JSON.
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
    do {
      for group in grouping.groups {
        try await pool.transaction { connection throws(PostgresError) in
          switch group.form {
          case .rows(let rows):
            try connection.query(ArrivedBatch.preparation)
            try connection.copy(rows, to: ArrivedBatch.table)
            try connection.query(ArrivedBatch.storing)
          case .json(let events):
            try connection.query("select \(group.function)($1)", [.json(events)])
          }
        }
      }
    } catch {
      throw SinkError(error)
    }
    return grouping.refusals
  }

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
