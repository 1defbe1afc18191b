import PostgresDriver

extension MirrorController {
  /// Deletes mirrored rows that are older than the retention, some at a time, so that no statement
  /// holds others up.
  ///
  /// - Throws: `PostgresError`.
  public func enforceRetention() async throws -> RetentionReport {
    var tables: [RetentionReport.Table] = []
    for table in try await store.tables() {
      var total = 0
      var limit = configuration.retentionBatch
      while true {
        do {
          let deleted = try await store.expire(
            table.sourceTable, days: configuration.retentionDays, limit: limit)
          total += deleted
          MirrorMetrics.countExpired(deleted, of: table.sourceTable)
          guard deleted == limit else { break }
        } catch  where error.isOutOfTime && limit > 1 {
          limit /= 2
        }
        try await Task.sleep(for: .milliseconds(10))
      }
      if total > 0 { tables.append(.init(sourceTable: table.sourceTable, deleted: total)) }
    }
    return RetentionReport(
      retentionDays: configuration.retentionDays, deleted: tables.reduce(0) { $0 + $1.deleted },
      tables: tables)
  }
}

extension MirrorStore {
  /// Deletes mirrored rows of one table that are old, at most `limit` of them.
  func expire(_ table: String, days: Int, limit: Int) async throws -> Int {
    try await number(
      "select bq_sync_expire($1, now() - $2::integer * '1 day'::interval, $3::integer) as number",
      [.text(table), .integer(Int64(days)), .integer(Int64(limit))])
  }
}

/// What retention deleted.
public struct RetentionReport: Sendable, Encodable, Equatable {
  public struct Table: Sendable, Encodable, Equatable {
    public let sourceTable: String
    public let deleted: Int

    enum CodingKeys: String, CodingKey {
      case sourceTable = "source_table"
      case deleted
    }
  }

  public let retentionDays: Int
  public let deleted: Int
  public let tables: [Table]

  enum CodingKeys: String, CodingKey {
    case retentionDays = "retention_days"
    case deleted, tables
  }
}
