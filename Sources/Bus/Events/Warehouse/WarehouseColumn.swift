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
  /// What its values say about a person.
  public let privacy: Privacy
  /// The columns of a record.
  public let columns: [WarehouseColumn]
  /// An SQL expression for rows that leave the column out.
  public let defaultExpression: String?

  public init(
    _ name: String, _ type: DataType, _ mode: Mode = .nullable, privacy: Privacy = .open,
    columns: [WarehouseColumn] = [], default defaultExpression: String? = nil
  ) {
    self.name = name
    self.type = type
    self.mode = mode
    self.privacy = privacy
    self.columns = columns
    self.defaultExpression = defaultExpression
  }

  /// The column that holds a field of an event.
  public init(_ field: Field) {
    self.init(
      field.column, field.type, field.isRequired ? .required : .nullable, field.privacy)
  }

  private init(_ name: String, _ type: FieldType, _ mode: Mode, _ privacy: Privacy) {
    let columns: [WarehouseColumn]
    let dataType: DataType
    switch type {
    case .array(let element, _):
      self.init(name, element, .repeated, privacy)
      return
    case .object(let fields): (dataType, columns) = (.record, fields.map { WarehouseColumn($0) })
    case .string, .enumeration, .uuid: (dataType, columns) = (.string, [])
    case .integer: (dataType, columns) = (.integer, [])
    case .number: (dataType, columns) = (.float, [])
    case .boolean: (dataType, columns) = (.boolean, [])
    case .timestamp: (dataType, columns) = (.timestamp, [])
    case .scalars, .json: (dataType, columns) = (.json, [])
    }
    self.init(name, dataType, mode, privacy: privacy, columns: columns)
  }

  /// The same column under another name, or in another mode.
  func with(name: String? = nil, mode: Mode? = nil) -> WarehouseColumn {
    WarehouseColumn(
      name ?? self.name, type, mode ?? self.mode, privacy: privacy, columns: columns,
      default: defaultExpression)
  }
}
