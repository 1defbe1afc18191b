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
