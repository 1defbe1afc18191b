import Events
import Foundation

/// A row of the registry: a PostgreSQL table and its place in BigQuery.
struct MirroredTable: Sendable, Equatable {
  let sourceTable: String
  /// Nil for the configured one.
  let dataset: String?
  let table: String
  let insertIDForm: String
  let idColumn: String
  /// The column within whose values `idColumn` is unique; nil where it is unique by itself.
  let scopeColumn: String?
  let versionColumn: String?
  let partitionColumn: String
  let partitionExpirationDays: Int?
  let requiresPartitionFilter: Bool
  let clustering: [String]
  /// Members of the document that PostgreSQL hands out apart from it.
  let pseudonymisedColumns: [String]
  /// BigQuery's schema when the event catalog has none.
  let schemaFields: [TableField]?

  /// What becomes of the columns of a table that knows learners by pseudonym.
  let pseudonymRules: PseudonymRules

  /// The columns that the table should have in BigQuery, nil when nobody declares them.
  var fields: [TableField]? {
    let declared =
      schemaFields ?? WarehouseCatalog.table(for: sourceTable)?.columns.map(TableField.init)
    return declared.map(pseudonymRules.remaining)
  }

  /// Whether its rows hold pseudonyms, for which there must be a salt.
  var holdsPseudonyms: Bool { !pseudonymisedColumns.isEmpty || pseudonymRules.hashes }

  /// The columns that tell one row from another.
  var identity: [String] { [scopeColumn, idColumn].compactMap { $0 } }

  /// Whether a row's key is told to BigQuery as a pseudonym: it may be made of what is one there.
  var hidesKey: Bool { identity.contains(where: isPseudonym) }

  /// Whether a column holds pseudonyms.
  func isPseudonym(_ column: String) -> Bool {
    pseudonymisedColumns.contains(column) || pseudonymRules.rules[column] == .hash
  }
}
