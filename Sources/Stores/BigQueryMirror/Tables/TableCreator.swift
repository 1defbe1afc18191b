import HTTPTypes

/// Makes datasets, tables and views, and says how those that exist differ.
struct TableCreator: Sendable {
  let client: BigQueryClient
  let location: String?

  /// Asks for a table; nil when there is none.
  ///
  /// - Throws: `MirrorError`.
  func table(_ reference: TableDefinition.Reference) async throws -> TableDefinition? {
    try await ignoring(404) {
      try await client.json(
        .get, client.path("datasets", reference.datasetId, "tables", reference.tableId),
        as: TableDefinition.self)
    }
  }

  /// Makes the dataset; false when it was there.
  func createDataset(_ dataset: String) async throws -> Bool {
    struct Reference: Codable {
      let projectId: String
      let datasetId: String
    }
    struct Dataset: Codable {
      let datasetReference: Reference
      let location: String?
    }
    let body = Dataset(
      datasetReference: Reference(projectId: client.projectID, datasetId: dataset),
      location: location)
    return try await ignoring(409) {
      try await client.json(.post, client.path("datasets"), body: body, as: Dataset.self)
    } != nil
  }

  /// Makes the table; false when it was there.
  func create(_ definition: TableDefinition) async throws -> Bool {
    try await ignoring(409) {
      try await client.json(
        .post, client.path("datasets", definition.tableReference.datasetId, "tables"),
        body: definition, as: TableDefinition.self)
    } != nil
  }

  /// Makes the table and its view, or compares what is there.
  ///
  /// - Parameter addsColumns: whether NULLABLE and REPEATED columns that are missing are added.
  func ensure(_ design: TableDesign, addsColumns: Bool) async throws -> TablesReport.Table {
    let created = try await create(design.table)
    let report: TablesReport.Table
    if created {
      report = Self.report(design, .created)
    } else if let found = try await table(design.table.tableReference) {
      report = try await reconcile(design, found, addsColumns: addsColumns)
    } else {
      // It went between the two calls.
      report = Self.report(design, .missing)
    }
    let isViewPossible = !report.differences.contains {
      $0.kind == .missing && design.dedupColumns.contains($0.column)
    }
    if report.state == .missing || !isViewPossible { return report }
    if try await !create(design.dedupView) { try await refreshView(design.dedupView) }
    return report
  }

  /// Compares without changing anything.
  func inspect(_ design: TableDesign) async throws -> TablesReport.Table {
    guard let found = try await table(design.table.tableReference) else {
      return Self.report(design, .missing)
    }
    let differences = SchemaComparison.differences(expected: design.table, found: found)
    return Self.report(design, differences.isEmpty ? .unchanged : .different, differences)
  }

  private func reconcile(
    _ design: TableDesign, _ found: TableDefinition, addsColumns: Bool
  ) async throws -> TablesReport.Table {
    let differences = SchemaComparison.differences(expected: design.table, found: found)
    let missing = (design.table.schema?.fields ?? []).filter { field in
      field.canonicalMode != "REQUIRED"
        && differences.contains { $0.kind == .missing && $0.column == field.name }
    }
    guard addsColumns, !missing.isEmpty else {
      return Self.report(design, differences.isEmpty ? .unchanged : .different, differences)
    }
    let patch = TableDefinition(
      tableReference: design.table.tableReference,
      schema: .init(fields: (found.schema?.fields ?? []) + missing))
    let reference = design.table.tableReference
    let patched = try await client.json(
      .patch, client.path("datasets", reference.datasetId, "tables", reference.tableId),
      body: patch, as: TableDefinition.self)
    return Self.report(
      design, .columnsAdded,
      SchemaComparison.differences(expected: design.table, found: patched),
      added: missing.map(\.name))
  }

  private func refreshView(_ view: TableDefinition) async throws {
    let reference = view.tableReference
    guard let found = try await table(reference), found.view?.query != view.view?.query else {
      return
    }
    _ = try await client.json(
      .patch, client.path("datasets", reference.datasetId, "tables", reference.tableId),
      body: view, as: TableDefinition.self)
  }

  private static func report(
    _ design: TableDesign, _ state: TablesReport.Table.State,
    _ differences: [ColumnDifference] = [], added: [String] = []
  ) -> TablesReport.Table {
    let reference = design.table.tableReference
    return TablesReport.Table(
      table: "\(reference.datasetId).\(reference.tableId)", state: state,
      differences: differences, addedColumns: added)
  }

  /// Nil when Google answers with this status.
  private func ignoring<Answer>(
    _ status: Int, _ body: () async throws -> Answer
  ) async throws -> Answer? {
    do {
      return try await body()
    } catch MirrorError.google(let error) where error.status == status {
      return nil
    }
  }
}
