/// What `create-tables` found and did, or what `check` found.
public struct TablesReport: Sendable, Encodable, Equatable {
  public struct Table: Sendable, Encodable, Equatable {
    public enum State: String, Sendable, Encodable {
      case created, unchanged, missing, different
      case columnsAdded = "columns_added"
      /// Neither the event catalog nor the registry declares its columns.
      case undeclared
    }

    public let table: String
    public let state: State
    /// What is still different.
    public let differences: [ColumnDifference]
    /// Names of columns that were added.
    public let addedColumns: [String]

    enum CodingKeys: String, CodingKey {
      case table, state, differences
      case addedColumns = "added_columns"
    }
  }

  public let datasetsCreated: [String]
  public let tables: [Table]
  /// What keeps the mirror from working, beside the tables: for example no salt.
  public let problems: [String]

  /// Whether every table is as it should be.
  public var isGood: Bool {
    problems.isEmpty
      && tables.allSatisfy {
        [.created, .unchanged, .columnsAdded].contains($0.state) && $0.differences.isEmpty
      }
  }

  enum CodingKeys: String, CodingKey {
    case datasetsCreated = "datasets_created"
    case tables, problems
  }
}
