extension MirrorController {
  /// Makes the datasets, the tables and their dedup views. A table that exists with another schema is
  /// reported column by column, and left as it is.
  ///
  /// - Parameter addColumns: adds NULLABLE columns that are missing.
  /// - Throws: `MirrorError`, or `PostgresError`.
  public func createTables(addColumns: Bool = false) async throws -> TablesReport {
    let creator = TableCreator(client: try await parts.client(), location: configuration.location)
    let mirrored = try await store.tables()
    var created: [String] = []
    for dataset in Set(mirrored.map { $0.dataset ?? configuration.datasetID }).sorted()
    where try await creator.createDataset(dataset) {
      created.append(dataset)
    }
    return TablesReport(
      datasetsCreated: created,
      tables: try await each(mirrored) { try await creator.ensure($0, addsColumns: addColumns) },
      problems: [])
  }

  /// Proves salt, credentials and tables without writing anything.
  ///
  /// - Throws: `MirrorError` when Google cannot be asked, or `PostgresError`.
  public func check() async throws -> TablesReport {
    let creator = TableCreator(client: try await parts.client(), location: configuration.location)
    let mirrored = try await store.tables()
    let needing = MirrorEngine.needingSalt(mirrored)
    var problems: [String] = []
    if !needing.isEmpty, try await parts.pseudonymizer() == nil {
      problems.append("\(MirrorError.missingSalt(tables: needing))")
    }
    let reports = try await each(mirrored) { try await creator.inspect($0) }
    for table in mirrored {
      if let error = try await parts.demandedColumn(of: table, creator) {
        problems.append("\(error)")
      }
    }
    return TablesReport(datasetsCreated: [], tables: reports, problems: problems)
  }

  private func each(
    _ mirrored: [MirroredTable], _ body: (TableDesign) async throws -> TablesReport.Table
  ) async throws -> [TablesReport.Table] {
    var reports: [TablesReport.Table] = []
    for table in mirrored {
      let dataset = table.dataset ?? configuration.datasetID
      if let design = TableDesign(
        table, projectID: configuration.projectID, datasetID: dataset)
      {
        reports.append(try await body(design))
      } else {
        reports.append(
          TablesReport.Table(
            table: "\(dataset).\(table.table)", state: .undeclared, differences: [],
            addedColumns: []))
      }
    }
    return reports
  }
}

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
