/// The BigQuery columns of a mirrored table, made from the fields of the events that it stores.
public struct WarehouseTable: Sendable, Equatable {
  /// How a table knows learners, unless the operator wants pseudonyms in it.
  public enum Identifiers: Sendable, Equatable {
    /// By the identifiers that the events have, and with what is personal beside them: whoever uses the
    /// table asks for these columns.
    case open
    /// By pseudonyms. Nothing personal is in the table.
    ///
    /// - Parameter names: of the columns that hold pseudonyms, by the columns that they replace.
    case pseudonyms(names: [String: String])
  }

  /// The PostgreSQL table.
  public let sourceTable: String
  public let identifiers: Identifiers
  public let columns: [WarehouseColumn]

  /// - Parameters:
  ///   - fields: an object among them is taken apart: its fields become columns of their own.
  ///   - leading: columns before those of the fields.
  ///   - trailing: columns behind them.
  ///   - required: columns that every row has although senders may leave them out.
  init(
    _ sourceTable: String, identifiers: Identifiers, fields: [Field],
    leading: [WarehouseColumn] = [], trailing: [WarehouseColumn] = [],
    required: Set<String> = []
  ) {
    var fields = Self.flattened(fields)
    var pseudonyms: [String: String] = [:]
    if case .pseudonyms(let names) = identifiers {
      pseudonyms = names
      fields.removeAll { $0.privacy.isLeftOutBesidePseudonyms }
      precondition(
        Set(names.keys) == Set(fields.filter { $0.privacy.isIdentifier }.map(\.column)),
        "every identifier of \(sourceTable) has a pseudonym's column, and nothing else has")
    }
    let own = fields.map { field in
      WarehouseColumn(field).with(
        name: pseudonyms[field.column],
        mode: required.contains(field.column) ? .required : nil)
    }
    self.sourceTable = sourceTable
    self.identifiers = identifiers
    columns = leading + own + trailing
  }

  private static func flattened(_ fields: [Field]) -> [Field] {
    fields.flatMap { field in
      if case .object(let nested) = field.type { flattened(nested) } else { [field] }
    }
  }
}
