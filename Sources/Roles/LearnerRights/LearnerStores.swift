public import BigQueryMirror
public import EventBus
public import Events
public import Influx
public import PostgresDriver

/// Every store that may hold something of a learner.
public struct LearnerStores: Sendable {
  /// BigQuery, as far as it is set up.
  public enum Warehouse: Sendable {
    /// With the mirror's settings.
    case mirror(MirrorController)
    /// No project is named. Whether something was sent to one before, the controller knows.
    case unknownProject(MirrorController)
  }

  public let bus: RedisEventBus
  /// Of the database in which the mirror's queue is, too. At least two connections.
  public let pool: PostgresPool
  /// Nil when InfluxDB is not set up.
  public let influx: InfluxLearnerPoints?
  public let warehouse: Warehouse
  public let catalog: EventCatalog

  public init(
    bus: RedisEventBus, pool: PostgresPool, influx: InfluxLearnerPoints?, warehouse: Warehouse,
    catalog: EventCatalog = .standard
  ) {
    self.bus = bus
    self.pool = pool
    self.influx = influx
    self.warehouse = warehouse
    self.catalog = catalog
  }

  var rows: LearnerRows { LearnerRows(pool: pool, columns: Array(catalog.learnerColumns)) }
  var redis: LearnerInRedis { LearnerInRedis(bus: bus, catalog: catalog) }
  var erasures: ErasureStore { ErasureStore(pool: pool) }

  /// What an audit line calls a learner: the beginning of the keyed hash.
  ///
  /// - Throws: `PostgresError`.
  public func auditName(of learner: LearnerID) async throws -> String {
    let hash = ErasedLearnersList.hash(of: learner.composed, key: try await erasures.key())
    return "learner \(hash.prefix(16))"
  }

  /// How much there is of a learner, by place. Changes nothing.
  ///
  /// - Throws: what the stores fail with.
  public func count(_ learner: LearnerID) async throws -> [LearnerCount] {
    var entries = 0
    try await redis.forEachEntry(of: learner) { _ in entries += 1 }
    var letters = 0
    try await redis.forEachDeadLetter(of: learner) { _ in letters += 1 }
    var counts = [
      LearnerCount("journal", entries), LearnerCount("dead-letters", letters),
    ]
    for table in try await rows.tables() {
      counts.append(
        LearnerCount("postgresql.\(table.name)", try await rows.count(learner.forms, in: table)))
    }
    if let influx {
      let points = try await influx.count(learner.forms)
      for measurement in influx.measurements {
        counts.append(
          LearnerCount("influxdb.\(measurement)", points.map { $0[measurement] ?? 0 }))
      }
    }
    if case .mirror(let controller) = warehouse {
      for table in try await controller.learnerTables(learner.forms) {
        if let count = try await controller.count(in: table) {
          counts.append(LearnerCount("bigquery.\(table.name)", count))
        }
      }
    }
    return counts
  }
}

/// How much of a learner is in one place.
public struct LearnerCount: Sendable, Equatable, Encodable {
  /// A store, or a store and a table of it.
  public let place: String
  /// Nil where the store cannot be asked.
  public let count: Int?

  init(_ place: String, _ count: Int?) {
    self.place = place
    self.count = count
  }
}
