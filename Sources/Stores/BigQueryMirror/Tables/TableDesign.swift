public import Events

/// What BigQuery is to have for a mirrored table: the table, and the view that shows each row once.
struct TableDesign: Sendable {
  let table: TableDefinition
  let dedupView: TableDefinition
  /// Columns without which the view cannot be made.
  let dedupColumns: Set<String>

  /// Nil when nobody declares the table's columns.
  init?(_ mirrored: MirroredTable, projectID: String, datasetID: String) {
    guard let fields = mirrored.fields else { return nil }
    let dataset = mirrored.dataset ?? datasetID
    table = TableDefinition(
      tableReference: .init(
        projectId: projectID, datasetId: dataset, tableId: mirrored.table),
      schema: .init(fields: fields),
      timePartitioning: .init(
        type: "DAY", field: mirrored.partitionColumn,
        expirationMs: mirrored.partitionExpirationDays.map { String($0 * 86_400_000) }),
      requirePartitionFilter: mirrored.requiresPartitionFilter ? true : nil,
      clustering: mirrored.clustering.isEmpty ? nil : .init(fields: mirrored.clustering))
    dedupColumns = Set(
      mirrored.identity
        + [mirrored.versionColumn ?? mirrored.partitionColumn, mirrored.partitionColumn])
    dedupView = TableDefinition(
      tableReference: .init(
        projectId: projectID, datasetId: dataset, tableId: Self.dedupName(mirrored.table)),
      view: .init(
        query: Self.dedupQuery(mirrored, projectID: projectID, datasetID: dataset),
        useLegacySql: false))
  }

  static func dedupName(_ table: String) -> String { table + "_dedup" }

  /// insertId keeps doubles out for about a minute, and a retry may come an hour later: of the rows with
  /// one id, the newest is shown. A row without an id is from before the mirror.
  private static func dedupQuery(
    _ mirrored: MirroredTable, projectID: String, datasetID: String
  ) -> String {
    let order = mirrored.versionColumn ?? mirrored.partitionColumn
    let identity = mirrored.identity.map { "`\($0)`" }.joined(separator: ", ")
    // A table that demands a filter on its partitions gets one that leaves nothing out.
    let filter =
      mirrored.requiresPartitionFilter
      ? """
      `\(mirrored.partitionColumn)` >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), \
      INTERVAL \(mirrored.partitionExpirationDays ?? 36_500) DAY)
      """ : "TRUE"
    return """
      SELECT * FROM `\(projectID).\(datasetID).\(mirrored.table)` WHERE \(filter) \
      QUALIFY `\(mirrored.idColumn)` IS NULL OR ROW_NUMBER() OVER \
      (PARTITION BY \(identity) ORDER BY `\(order)` DESC) = 1
      """
  }
}

/// A table as BigQuery's API describes it
/// (https://cloud.google.com/bigquery/docs/reference/rest/v2/tables).
struct TableDefinition: Codable, Sendable, Equatable {
  struct Reference: Codable, Sendable, Equatable {
    let projectId: String
    let datasetId: String
    let tableId: String
  }

  struct Schema: Codable, Sendable, Equatable {
    let fields: [TableField]?
  }

  struct TimePartitioning: Codable, Sendable, Equatable {
    let type: String
    let field: String?
    /// A number in decimal digits, as the API writes 64-bit integers.
    let expirationMs: String?
  }

  struct Clustering: Codable, Sendable, Equatable {
    let fields: [String]
  }

  struct View: Codable, Sendable, Equatable {
    let query: String
    let useLegacySql: Bool
  }

  let tableReference: Reference
  var schema: Schema?
  var timePartitioning: TimePartitioning?
  var requirePartitionFilter: Bool?
  var clustering: Clustering?
  var view: View?
}

/// A column as BigQuery's API describes it
/// (https://cloud.google.com/bigquery/docs/reference/rest/v2/tables#TableFieldSchema).
public struct TableField: Sendable, Codable, Equatable {
  public let name: String
  public let type: String
  public let mode: String?
  public let fields: [TableField]?
  public let defaultValueExpression: String?

  public init(_ column: WarehouseColumn) {
    name = column.name
    type = column.type.rawValue
    mode = column.mode.rawValue
    fields = column.columns.isEmpty ? nil : column.columns.map(TableField.init)
    defaultValueExpression = column.defaultExpression
  }

  /// The same record with other columns inside.
  func with(fields: [TableField]) -> TableField {
    TableField(
      name: name, type: type, mode: mode, fields: fields.isEmpty ? nil : fields,
      defaultValueExpression: defaultValueExpression)
  }

  private init(
    name: String, type: String, mode: String?, fields: [TableField]?,
    defaultValueExpression: String?
  ) {
    self.name = name
    self.type = type
    self.mode = mode
    self.fields = fields
    self.defaultValueExpression = defaultValueExpression
  }

  /// Standard SQL's names of types are the API's older ones under other names.
  var canonicalType: String {
    switch type.uppercased() {
    case "INT64": "INTEGER"
    case "FLOAT64": "FLOAT"
    case "BOOL": "BOOLEAN"
    case "STRUCT": "RECORD"
    case let other: other
    }
  }

  /// NULLABLE when the API leaves it out.
  var canonicalMode: String { mode?.uppercased() ?? "NULLABLE" }
}
