import Events
import PostgresDriver

/// Brings a notebook's record up to the moment of a transaction.
///
/// Each learner's executions are counted by the database in the transaction that stores them. A count that
/// grew tells who did something, and their events which cells; only these rows are read. Executions later
/// than all that had been stored are new: when there are as many as the count grew by, they are all that is
/// new. When there are not (an event that was delayed on its way), all of the learner's rows are read.
struct NotebookRecordReader {
  /// Past so many new executions, reading everything is cheaper.
  static let maximumExecutions = 3000
  static let maximumUnsureLearners = 200

  let course: String
  let notebook: String

  private var key: [PostgresValue] { [.text(course), .text(notebook)] }

  /// - Parameter learners: all of the course, of the same transaction.
  func record(
    from known: NotebookRecord?, learners: [Learner], on connection: isolated PostgresConnection
  ) throws(PostgresError) -> NotebookRecord {
    var record: NotebookRecord
    if let known, let advanced = try advance(known, to: learners, on: connection) {
      record = advanced
    } else {
      record = NotebookRecord()
      for row in try connection.query(WorkStatements.all, key).rows {
        record.record(try WorkRow(RowReader(row)), isNew: true)
      }
    }
    for learner in learners where record.learner(learner.id)?.executions != learner.executions {
      record.note(
        executions: learner.executions, lastExecutedAt: learner.lastExecutedAt, of: learner.id)
    }
    record.updateStatistics()
    return record
  }

  /// Nil when everything must be read.
  private func advance(
    _ known: NotebookRecord, to learners: [Learner], on connection: isolated PostgresConnection
  ) throws(PostgresError) -> NotebookRecord? {
    // Somebody is gone.
    guard known.learners.count <= learners.count else { return nil }
    var changed: [(id: String, since: Timestamp?, executions: Int)] = []
    var unsure: [String] = []
    var total = 0
    var knownLearners = 0
    for learner in learners {
      let recorded = known.learner(learner.id)
      if recorded != nil { knownLearners += 1 }
      let executions = learner.executions - (recorded?.executions ?? 0)
      if executions < 0 { unsure.append(learner.id) }
      guard executions > 0 else { continue }
      changed.append((learner.id, recorded?.lastExecutedAt, executions))
      total += executions
    }
    guard knownLearners == known.learners.count, total <= Self.maximumExecutions else { return nil }
    guard !changed.isEmpty || !unsure.isEmpty else { return known }
    var record = known
    var found = [Int](repeating: 0, count: changed.count)
    let rows = try connection.query(
      WorkStatements.executedSince,
      key + [
        .textArray(changed.map(\.id)),
        .textArray(changed.map { $0.since?.description ?? "-infinity" }),
      ]
    ).rows
    for row in rows {
      let reader = RowReader(row)
      found[try reader.integer(0) - 1] += try reader.integer(1)
      if reader.optionalText(2) != nil { record.record(try WorkRow(reader, offset: 2)) }
    }
    for (learner, count) in zip(changed, found) where learner.executions != count {
      unsure.append(learner.id)
    }
    guard unsure.count <= Self.maximumUnsureLearners else { return nil }
    guard !unsure.isEmpty else { return record }
    for learner in unsure { record.clear(learner) }
    let all = try connection.query(WorkStatements.ofLearners, key + [.textArray(unsure)])
    for row in all.rows {
      record.record(try WorkRow(RowReader(row)))
    }
    return record
  }

  /// Tells each learner's errors in a row on the current cell, which may be in another notebook.
  func tellStreaks(
    of learners: inout [Learner], from record: NotebookRecord,
    on connection: isolated PostgresConnection
  ) throws(PostgresError) {
    var elsewhere: [(learner: Int, id: String, notebook: String, cell: String)] = []
    for place in learners.indices {
      let learner = learners[place]
      guard let path = learner.currentNotebook, let cell = learner.currentCell else { continue }
      guard path.isSame(notebook) else {
        elsewhere.append((place, learner.id, path, cell))
        continue
      }
      guard let recorded = record.learner(learner.id),
        let work = record.work(of: recorded, on: cell)
      else { continue }
      learners[place].setStreak(
        Int(work.consecutiveErrors), cellIndex: work.index.map { Int($0) },
        errorName: record.errorName(work))
    }
    guard !elsewhere.isEmpty else { return }
    let result = try connection.query(
      WorkStatements.places,
      [
        .text(course), .textArray(elsewhere.map(\.id)), .textArray(elsewhere.map(\.notebook)),
        .textArray(elsewhere.map(\.cell)),
      ])
    for row in result.rows {
      let reader = RowReader(row)
      learners[elsewhere[try reader.integer(0) - 1].learner].setStreak(
        try reader.optionalInteger(1) ?? 0, cellIndex: try reader.optionalInteger(2),
        errorName: reader.optionalText(3))
    }
  }
}
