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
  let versionColumn: String?
  let partitionColumn: String
  let partitionExpirationDays: Int?
  let requiresPartitionFilter: Bool
  let clustering: [String]
  let pseudonymisedColumns: [String]
  /// BigQuery's schema when the event catalog has none.
  let schemaFields: [TableField]?

  /// The columns that the table should have in BigQuery, nil when nobody declares them.
  var fields: [TableField]? {
    if let schemaFields { return schemaFields }
    return WarehouseCatalog.table(for: sourceTable)?.columns.map(TableField.init)
  }
}
