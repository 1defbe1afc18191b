/// The BigQuery columns of a mirrored table, made from the fields of the events that it stores.
public struct WarehouseTable: Sendable, Equatable {
  /// The PostgreSQL table.
  public let sourceTable: String
  public let columns: [WarehouseColumn]

  public init(_ sourceTable: String, columns: [WarehouseColumn]) {
    self.sourceTable = sourceTable
    self.columns = columns
  }

  /// - Parameters:
  ///   - fields: an object among them is taken apart: its fields become columns of their own.
  ///   - leading: columns before those of the fields.
  ///   - trailing: columns behind them.
  ///   - required: columns that every row has although senders may leave them out.
  ///   - pseudonyms: the names of the columns that hold pseudonyms, by the columns that they replace.
  init(
    _ sourceTable: String, fields: [Field], leading: [WarehouseColumn] = [],
    trailing: [WarehouseColumn] = [], omitting omitted: Set<String> = [],
    required: Set<String> = [], pseudonyms: [String: String] = [:]
  ) {
    let own = Self.flattened(fields).filter { !omitted.contains($0.column) }.map { field in
      WarehouseColumn(field).with(
        name: pseudonyms[field.column],
        mode: required.contains(field.column) ? .required : nil)
    }
    self.init(sourceTable, columns: leading + own + trailing)
  }

  private static func flattened(_ fields: [Field]) -> [Field] {
    fields.flatMap { field in
      if case .object(let nested) = field.type { flattened(nested) } else { [field] }
    }
  }
}
