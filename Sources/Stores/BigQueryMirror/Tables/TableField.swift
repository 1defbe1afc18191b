public import Events

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
