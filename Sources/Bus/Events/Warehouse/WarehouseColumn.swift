/// A column of a BigQuery table.
public struct WarehouseColumn: Sendable, Equatable {
  /// BigQuery's types, by the names that its API gives them
  /// (https://cloud.google.com/bigquery/docs/reference/rest/v2/tables#TableFieldSchema).
  public enum DataType: String, Sendable {
    case string = "STRING"
    case integer = "INTEGER"
    case float = "FLOAT"
    case boolean = "BOOLEAN"
    case timestamp = "TIMESTAMP"
    case json = "JSON"
    case record = "RECORD"
  }

  public enum Mode: String, Sendable {
    case nullable = "NULLABLE"
    case required = "REQUIRED"
    case repeated = "REPEATED"
  }

  public let name: String
  public let type: DataType
  public let mode: Mode
  /// The columns of a record.
  public let columns: [WarehouseColumn]
  /// An SQL expression for rows that leave the column out.
  public let defaultExpression: String?

  public init(
    _ name: String, _ type: DataType, _ mode: Mode = .nullable, columns: [WarehouseColumn] = [],
    default defaultExpression: String? = nil
  ) {
    self.name = name
    self.type = type
    self.mode = mode
    self.columns = columns
    self.defaultExpression = defaultExpression
  }

  /// The column that holds a field of an event.
  public init(_ field: Field) {
    self.init(field.column, field.type, field.isRequired ? .required : .nullable)
  }

  private init(_ name: String, _ type: FieldType, _ mode: Mode) {
    switch type {
    case .string, .enumeration, .uuid: self.init(name, DataType.string, mode)
    case .integer: self.init(name, DataType.integer, mode)
    case .number: self.init(name, DataType.float, mode)
    case .boolean: self.init(name, DataType.boolean, mode)
    case .timestamp: self.init(name, DataType.timestamp, mode)
    case .scalars, .json: self.init(name, DataType.json, mode)
    case .object(let fields):
      self.init(name, .record, mode, columns: fields.map { WarehouseColumn($0) })
    case .array(let element, _): self.init(name, element, .repeated)
    }
  }

  /// The same column under another name, or in another mode.
  func with(name: String? = nil, mode: Mode? = nil) -> WarehouseColumn {
    WarehouseColumn(
      name ?? self.name, type, mode ?? self.mode, columns: columns, default: defaultExpression)
  }
}
