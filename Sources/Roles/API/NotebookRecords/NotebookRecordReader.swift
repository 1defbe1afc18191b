import Events
import JSONText
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
      total += min(executions, Self.maximumExecutions + 1)
    }
    guard knownLearners == known.learners.count, total <= Self.maximumExecutions else { return nil }
    guard !changed.isEmpty || !unsure.isEmpty else { return known }
    var record = known
    var found = [Int](repeating: 0, count: changed.count)
    let rows = try connection.query(
      WorkStatements.executedSince,
      key + [
        .textArray(changed.map(\.id)),
        .textArray(changed.map { $0.since?.postgresText ?? "-infinity" }),
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
  ///
  /// - Parameter played: the moment that is played back; nil for now.
  func tellStreaks(
    of learners: inout [Learner], from record: NotebookRecord,
    playedBackTo played: Timestamp? = nil,
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
    let places: [PostgresValue] = [
      .text(course), .textArray(elsewhere.map(\.id)), .textArray(elsewhere.map(\.notebook)),
      .textArray(elsewhere.map(\.cell)),
    ]
    let result =
      if let played {
        try connection.query(PlaybackStatements.places, places + [.text(played.postgresText)])
      } else {
        try connection.query(WorkStatements.places, places)
      }
    for row in result.rows {
      let reader = RowReader(row)
      learners[elsewhere[try reader.integer(0) - 1].learner].setStreak(
        try reader.optionalInteger(1) ?? 0, cellIndex: try reader.optionalInteger(2),
        errorName: reader.optionalText(3))
    }
  }
}

/// A row of `cell_progress`, in the columns that `WorkStatements` select.
struct WorkRow {
  let cell: String
  let learner: String
  let state: CellState
  let consecutiveErrors: Int32
  let index: Int32?
  let milliseconds: Double?
  let errorName: String?
  let firstRunAt: Timestamp

  static let columns = """
    p.cell, p.student_id,
    case when p.first_success_at is null then 'e' when p.consecutive_errors > 0 then 'x' else 's' end,
    p.consecutive_errors, p.cell_index, p.last_duration_ms, p.last_error_name,
    \(RowReader.microseconds("p.first_executed_at"))
    """
  static let columnCount = 8

  /// - Parameter offset: the place of the first column.
  init(_ reader: RowReader, offset: Int = 0) throws(PostgresError) {
    cell = try reader.text(offset)
    learner = try reader.text(offset + 1)
    state = try reader.cellState(offset + 2)
    consecutiveErrors = Int32(clamping: try reader.optionalInteger(offset + 3) ?? 0)
    index = try reader.optionalInteger(offset + 4).map { Int32(clamping: $0) }
    milliseconds = try reader.optionalDouble(offset + 5)
    errorName = reader.optionalText(offset + 6)
    firstRunAt = try reader.moment(offset + 7)
  }
}

/// What `cell_progress` is read with. `$1` is the course, `$2` the notebook.
enum WorkStatements {
  static let all = """
    select \(WorkRow.columns)
    from cell_progress p
    where p.course_id = $1 and p.notebook_path = $2
    """

  static let ofLearners = """
    select \(WorkRow.columns)
    from cell_progress p
    where p.course_id = $1 and p.notebook_path = $2 and p.student_id = any($3::text[])
    """

  /// The cells that the learners `$3` executed later than `$4`: each learner's number, how often, and
  /// the row as it is now, which is null for a cell of another notebook.
  ///
  /// The limits keep the planner at looking up each learner and each row: it cannot know how few they are.
  static let executedSince = """
    select learner.number, executed.executions, p.*
    from unnest($3::text[], $4::timestamptz[]) with ordinality as learner(id, since, number),
      lateral (
        select event.notebook_path,
          coalesce(nullif(event.cell_id, ''), event.cell_index::text collate "C") as cell,
          count(*) as executions
        from (
          select notebook_path, cell_id, cell_index
          from progress_events
          where student_id = learner.id and course_id = $1 and occurred_at > learner.since
            and corrected_at is null and event_type = 'cell_executed'
          union all
          select notebook_path, cell_id, cell_index
          from progress_events
          where student_id = learner.id and course_id = $1 and corrected_at > learner.since
            and event_type = 'cell_executed'
        ) as event
        group by 1, 2
      ) as executed
      left join lateral (
        select \(WorkRow.columns)
        from cell_progress p
        where p.course_id = $1 and p.notebook_path = $2 and executed.notebook_path = $2
          and p.cell = executed.cell and p.student_id = learner.id
        limit 1
      ) as p on true
    """

  /// Where the learners `$2` are, each in the notebook `$3` on the cell `$4`: for those who work in
  /// another notebook than the class does.
  static let places = """
    select place.number, p.consecutive_errors, p.cell_index, p.last_error_name
    from unnest($2::text[], $3::text[], $4::text[]) with ordinality
        as place(student_id, notebook_path, cell, number),
      lateral (
        select * from cell_progress p
        where p.course_id = $1 and p.notebook_path = place.notebook_path
          and p.cell = place.cell and p.student_id = place.student_id
        limit 1
      ) as p
    """
}
