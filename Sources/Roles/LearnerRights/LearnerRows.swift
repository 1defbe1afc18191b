import Foundation
import PostgresDriver

/// A table of PostgreSQL that holds learners.
struct LearnerRowsTable: Sendable, Equatable {
  let name: String
  let column: String
  /// SQL that holds for a learner's rows; `$1` is the forms of the id.
  let condition: String
}

/// A learner's rows in PostgreSQL (`sql/0271_erasure.sql`).
struct LearnerRows: Sendable {
  /// Rows in one transaction: others do not wait long for their locks.
  private static let batchSize = 5_000
  /// The longest that one statement may take: a table of a hundred million rows is read once.
  private static let patience = Duration.seconds(3600)

  let pool: PostgresPool
  /// The columns that hold learners, by the catalog.
  let columns: [String]

  func tables() async throws -> [LearnerRowsTable] {
    try await pool.query(
      "select table_name, column_name, condition from learner_tables($1)",
      [.textArray(columns.sorted())]
    ).rows.map { row in
      LearnerRowsTable(
        name: try row.value("table_name"), column: try row.value("column_name"),
        condition: try row.value("condition"))
    }
  }

  func count(_ names: [String], in table: LearnerRowsTable) async throws -> Int {
    try await slow { connection throws(PostgresError) in
      try connection.query(
        "select count(*) as number from \(Self.quoted(table.name)) where \(table.condition)",
        [.textArray(names)], timeout: Self.patience
      ).first?.value("number") ?? 0
    }
  }

  /// Takes rows off the mirror's queue; returns how many are being sent at this moment.
  func unqueue(_ names: [String], in table: LearnerRowsTable) async throws -> Int {
    try await slow { connection throws(PostgresError) in
      try connection.query(
        "select unqueue_learner_rows($1, $2, $3) as in_flight",
        [.text(table.name), .text(table.condition), .textArray(names)], timeout: Self.patience
      ).first?.value("in_flight") ?? 0
    }
  }

  func erasePlaces(_ names: [String], noting step: ErasureStep) async throws -> Int {
    try await slow { connection throws(PostgresError) in
      let removed: Int =
        try connection.query(
          "select erase_learner_places($1) as removed", [.textArray(names)], timeout: Self.patience
        ).first?.value("removed") ?? 0
      try step.add(removed, on: connection)
      return removed
    }
  }

  /// Deletes some rows, and notes how many in the same transaction: a process that is killed counts none twice.
  ///
  /// - Returns: how many; 0 when there are none left.
  func eraseBatch(
    _ names: [String], in table: LearnerRowsTable, noting step: ErasureStep
  ) async throws -> Int {
    try await slow { connection throws(PostgresError) in
      let removed: Int =
        try connection.query(
          "select erase_learner_rows($1, $2, $3, $4::integer) as removed",
          [
            .text(table.name), .text(table.condition), .textArray(names),
            .integer(Int64(Self.batchSize)),
          ], timeout: Self.patience
        ).first?.value("removed") ?? 0
      try step.add(removed, on: connection)
      return removed
    }
  }

  /// Gives each row to `body`, as one JSON object.
  func export(
    _ names: [String], in table: LearnerRowsTable, _ body: (String) throws -> Void
  ) async throws {
    var after = "(0,0)"
    while true {
      let rows = try await pool.query(
        """
        select ctid::text as place, to_jsonb(source)::text as document
        from \(Self.quoted(table.name)) as source
        where \(table.condition) and ctid > $2::tid order by ctid limit 1000
        """, [.textArray(names), .text(after)]
      ).rows
      for row in rows { try body(try row.value("document")) }
      guard let last = rows.last else { return }
      after = try last.value("place")
    }
  }

  private func slow<Value: Sendable>(
    _ body: @Sendable (isolated PostgresConnection) throws(PostgresError) -> Value
  ) async throws(PostgresError) -> Value {
    try await pool.transaction { connection throws(PostgresError) in
      try connection.liftTimeLimits()
      return try body(connection)
    }
  }

  private static func quoted(_ name: String) -> String {
    "\"" + name.replacing("\"", with: "\"\"") + "\""
  }
}
