import Events
import PostgresDriver

/// Reads a class from PostgreSQL.
struct ClassroomReader: Sendable {
  let database: ReadDatabase
  let rules: StateRules
  let position: @Sendable () async -> String?
  let now: @Sendable () -> Timestamp

  private struct Rows: Sendable {
    let notebooks: PostgresResult
    let notebook: String?
    let learners: PostgresResult
    let cells: PostgresResult?
  }

  /// - Throws: `Problem` of status 404 for an unknown course or notebook, `PostgresError`.
  func snapshot(_ key: ClassroomKey) async throws -> ClassSnapshot {
    // Before the query, so that everything up to it is in the answer.
    let position = await position()
    let takenAt = now()
    let rows = try await read(key)
    let notebooks = try rows.notebooks.rows.map(Self.notebook)
    let learners = try rows.learners.rows.map(Self.learner)
    guard !notebooks.isEmpty || !learners.isEmpty else {
      throw Problem.notFound("no event of course \(key.course) is stored")
    }
    if let wanted = key.notebook, !notebooks.contains(where: { $0.path == wanted }) {
      throw Problem.notFound("course \(key.course) has no notebook \(wanted)")
    }
    var builder = ClassSnapshotBuilder(
      rules: rules, learners: learners, cells: try (rows.cells?.rows ?? []).map(Self.cell))
    let closed = try await closedNotebooks(key.course, builder.candidatesForDone)
    let counts = builder.tellStates(closed: closed, at: takenAt)
    return ClassSnapshot(
      course: key.course, notebook: rows.notebook, position: position, takenAt: takenAt,
      notebooks: notebooks, learners: builder.learners, cells: builder.cells, pace: builder.pace,
      counts: counts, rules: rules)
  }

  /// - Throws: `PostgresError`.
  func statistics(_ key: ClassroomKey) async throws -> [String: CellStatistics] {
    let parameters: [PostgresValue] = [.text(key.course), .text(key.notebook)]
    async let durationRows = database.pool.query(ClassroomStatements.durations, parameters)
    async let errorRows = database.pool.query(ClassroomStatements.commonErrors, parameters)
    let (durations, errors) = try await (durationRows, errorRows)
    var statistics: [String: CellStatistics] = [:]
    for row in durations.rows {
      statistics[try row.value("cell")] = CellStatistics(
        medianMilliseconds: try row.optional("median"), p90Milliseconds: try row.optional("p90"))
    }
    for row in errors.rows {
      let cell: String = try row.value("cell")
      statistics[cell, default: CellStatistics()].commonError = try row.value("name")
      statistics[cell, default: CellStatistics()].learnersWithCommonError = try row.value(
        "learners")
    }
    return statistics
  }

  private func read(_ key: ClassroomKey) async throws(PostgresError) -> Rows {
    try await database.pool.transaction { connection throws(PostgresError) in
      let course = PostgresValue.text(key.course)
      let notebooks = try connection.query(ClassroomStatements.notebooks, [course])
      let first = try notebooks.first?.value("path", as: String.self)
      let notebook = key.notebook ?? first
      return Rows(
        notebooks: notebooks, notebook: notebook,
        learners: try connection.query(ClassroomStatements.learners, [course]),
        cells: try notebook.map { path throws(PostgresError) in
          try connection.query(ClassroomStatements.cells, [course, .text(path)])
        })
    }
  }

  private func closedNotebooks(
    _ course: String, _ learners: [String]
  ) async throws(PostgresError) -> Set<String> {
    guard !learners.isEmpty else { return [] }
    let result = try await database.pool.query(
      ClassroomStatements.closed, [.text(course), .textArray(learners)])
    var closed: Set<String> = []
    for row in result.rows { closed.insert(try row.value("id")) }
    return closed
  }

  private static func notebook(_ row: PostgresRow) throws(PostgresError) -> Notebook {
    Notebook(
      path: try row.value("path"), firstSeenAt: try row.value("first_seen"),
      currentLearners: try row.value("learners"))
  }

  private static func cell(
    _ row: PostgresRow
  ) throws(PostgresError) -> (cell: NotebookCell, runs: [CellRun]) {
    let index: Double? = try row.optional("cell_index")
    let cell = NotebookCell(
      id: try row.value("cell"), index: index.map { Int($0) },
      firstRunAt: try row.value("first_run"))
    return (cell, CellRun.list(try row.utf8("runs") ?? []))
  }

  private static func learner(_ row: PostgresRow) throws(PostgresError) -> Learner {
    Learner(
      id: try row.value("id"), name: try row.optional("name"), team: try row.optional("team"),
      firstSeenAt: try row.value("first_seen"), lastSeenAt: try row.value("last_seen"),
      lastExecutedAt: try row.optional("executed_at"),
      lastSuccessAt: try row.optional("success_at"), executions: try row.value("executions"),
      errors: try row.value("errors"), currentNotebook: try row.optional("notebook"),
      currentCell: try row.optional("cell"), currentCellIndex: try row.optional("cell_index"),
      consecutiveErrors: try row.optional("streak") ?? 0,
      lastErrorName: try row.optional("error_name"), helpSince: try row.optional("help_since"),
      helpStoppedAt: try row.optional("help_stopped"))
  }
}
