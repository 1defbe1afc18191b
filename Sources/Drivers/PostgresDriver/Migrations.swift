public import Logging

/// Brings a database's schema up to date.
public enum Migrations {
  /// Applies the files `NNNN_name.sql` of `directory` that the database does not have yet, in order,
  /// each in a transaction of its own. Safe when several processes start at once: they take turns
  /// under an advisory lock, and the later ones find nothing to do.
  ///
  /// - Parameter timeout: the longest wait for the lock, and the longest that one file may take.
  /// - Returns: the migrations that were applied; empty when the database was up to date.
  /// - Throws: `MigrationError`, or `PostgresError` when the server cannot be reached.
  @discardableResult
  public static func apply(
    directory: String, to configuration: PostgresConfiguration,
    timeout: Duration = .seconds(600), logger: Logger
  ) async throws -> [Migration] {
    let migrations = try MigrationFolder.read(directory)
    var configuration = configuration
    configuration.statementTimeout = timeout
    let connection = try await PostgresConnection.connect(configuration, logger: logger)
    do {
      try await connection.liftTransactionTimeLimits()
      let applied = try await connection.apply(migrations)
      await connection.close()
      return applied
    } catch {
      // Closing also gives the advisory lock back.
      await connection.close()
      throw error
    }
  }
}

extension PostgresConnection {
  /// "progress" in ASCII: the key of the advisory lock that migrators take turns under.
  private static let migrationLock: Int64 = 0x7072_6f67_7265_7373

  fileprivate func apply(_ migrations: [Migration]) throws -> [Migration] {
    try query("select pg_advisory_lock($1::bigint)", [.integer(Self.migrationLock)])
    try executeScript(
      """
      create table if not exists schema_migrations (
        version integer primary key,
        name text not null,
        checksum text not null,
        applied_at timestamptz not null default now()
      )
      """)
    let rows = try query("select version, name, checksum from schema_migrations").rows
    var checksums: [Int: String] = [:]
    for row in rows {
      let version: Int = try row.value("version")
      guard migrations.contains(where: { $0.version == version }) else {
        throw MigrationError.databaseIsNewer(version: version, name: try row.value("name"))
      }
      checksums[version] = try row.value("checksum", as: String.self)
    }
    var applied: [Migration] = []
    for migration in migrations {
      let checksum = try checksum(of: migration)
      if let known = checksums[migration.version] {
        guard known == checksum else {
          throw MigrationError.changed(fileName: migration.fileName)
        }
      } else {
        if let newest = checksums.keys.max(), newest > migration.version {
          throw MigrationError.outOfOrder(fileName: migration.fileName, applied: newest)
        }
        try apply(migration, checksum: checksum)
        applied.append(migration)
      }
    }
    try query("select pg_advisory_unlock($1::bigint)", [.integer(Self.migrationLock)])
    return applied
  }

  private func checksum(of migration: Migration) throws -> String {
    let row = try query(
      "select encode(sha256($1), 'hex') as checksum", [.bytes(Array(migration.sql.utf8))]
    ).first
    guard let row else { throw PostgresError(.invalidResult, "no row for a checksum") }
    return try row.value("checksum")
  }

  private func apply(_ migration: Migration, checksum: String) throws {
    do {
      try transaction { connection throws(PostgresError) in
        try connection.executeScript(migration.sql)
        // Fails if the file ended its transaction.
        try connection.query("savepoint migration_in_transaction")
        try connection.query(
          "insert into schema_migrations (version, name, checksum) values ($1, $2, $3)",
          [.integer(Int64(migration.version)), .text(migration.name), .text(checksum)])
      }
    } catch {
      throw Self.explain(error, in: migration)
    }
  }

  private static func explain(_ error: PostgresError, in migration: Migration) -> any Error {
    if error.isTransient { return error }
    // no_active_sql_transaction
    if error.sqlState == "25P01" {
      return MigrationError.endsTransaction(fileName: migration.fileName)
    }
    let line = error.position.map { position in
      1 + migration.sql.unicodeScalars.prefix(position - 1).count { $0 == "\n" }
    }
    return MigrationError.failed(fileName: migration.fileName, line: line, error: error)
  }
}

/// Why migrations stopped. What was applied before stays applied.
public enum MigrationError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The folder or a file in it cannot be read.
  case unreadable(path: String, reason: String)
  /// An SQL file whose name is not `NNNN_name.sql`.
  case malformedName(fileName: String)
  /// Two files with the same number.
  case duplicate(fileName: String, other: String)
  /// A file that the database does not have, numbered below one that it has.
  case outOfOrder(fileName: String, applied: Int)
  /// The file was changed after it was applied.
  case changed(fileName: String)
  /// The database has migrations that the folder does not.
  case databaseIsNewer(version: Int, name: String)
  /// The file ends the transaction that it runs in.
  case endsTransaction(fileName: String)
  /// PostgreSQL refused the file. `line` counts from 1.
  case failed(fileName: String, line: Int?, error: PostgresError)

  public var description: String {
    switch self {
    case .unreadable(let path, let reason):
      "cannot read the migrations in \(path): \(reason)"
    case .malformedName(let fileName):
      "migration \(fileName): the name must be four digits, an underscore, a name and .sql"
    case .duplicate(let fileName, let other):
      "migration \(fileName) has the same number as \(other)"
    case .outOfOrder(let fileName, let applied):
      "migration \(fileName) comes too late: the database already has number \(applied)"
    case .changed(let fileName):
      "migration \(fileName) was changed after it was applied; add a new file instead"
    case .databaseIsNewer(let version, let name):
      "the database has migration \(version) (\(name)), which this program does not know"
    case .endsTransaction(let fileName):
      "migration \(fileName) must not contain COMMIT or ROLLBACK; it runs in a transaction"
    case .failed(let fileName, let line, let error):
      "migration \(fileName)\(line.map { ", line \($0)" } ?? "") failed: \(error)"
    }
  }
}
