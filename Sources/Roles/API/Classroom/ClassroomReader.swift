import Events
import HTTPServer
import JSONText
import PostgresDriver

/// Reads a class from PostgreSQL, all of an answer in one transaction.
struct ClassroomReader: Sendable {
  let database: ReadDatabase
  let rules: LearnerStateRules
  let alertRules: ClassAlertRules
  let records: NotebookRecordCache
  let position: @Sendable () async -> String?
  let now: @Sendable () -> Timestamp

  /// - Throws: `Problem` of status 404 for an unknown course or notebook, `PostgresError`.
  func snapshot(_ key: ClassroomKey) async throws -> ClassSnapshot {
    // Before the query, so that everything up to it is in the answer.
    let position = await position()
    let takenAt = now()
    let course = key.course.text
    let known = await records.records(of: course)
    let reading = try await database.pool.transaction { connection throws(PostgresError) in
      try Self.read(key, known: known, at: takenAt, on: connection)
    }
    guard !reading.isEmpty else { throw Problem.notFound("no event of course \(course) is stored") }
    guard reading.has(key.notebook) else { throw ClassReading.unknownNotebook(key) }
    if let notebook = reading.notebook {
      await records.keep(reading.record, of: notebook, in: course)
    }
    return reading.snapshot(
      of: course, position: position, at: takenAt, rules: rules, alertRules: alertRules)
  }

  private static func read(
    _ key: ClassroomKey, known: [ExactText: NotebookRecord], at moment: Timestamp,
    on connection: isolated PostgresConnection
  ) throws(PostgresError) -> ClassReading {
    let course = key.course.text
    var learners: [Learner] = []
    for row in try connection.query(ClassroomStatements.learners, [.text(course)]).rows {
      learners.append(try Learner(RowReader(row)))
    }
    var running: [ExactText: RunningCell] = [:]
    for row in try connection.query(RunningCell.statement, [.text(course)]).rows {
      let cell = try RunningCell(RowReader(row))
      running[ExactText(cell.learner)] = cell
    }
    for place in learners.indices {
      learners[place].running = running[ExactText(learners[place].id)]
    }
    var notebooks: [Notebook] = []
    for row in try connection.query(ClassroomStatements.notebooks, [.text(course)]).rows {
      let reader = RowReader(row)
      notebooks.append(Notebook(path: try reader.text(0), firstSeenAt: try reader.moment(1)))
    }
    notebooks = Notebook.ordered(notebooks, by: learners, at: moment)
    guard let notebook = key.notebook ?? notebooks.first?.key else {
      return ClassReading(
        notebooks: notebooks, learners: learners, notebook: nil, record: NotebookRecord())
    }
    let reader = NotebookRecordReader(course: course, notebook: notebook.text)
    let record = try reader.record(from: known[notebook], learners: learners, on: connection)
    try reader.tellStreaks(of: &learners, from: record, on: connection)
    var exercises: [ExerciseWork] = []
    let place: [PostgresValue] = [.text(course), .text(notebook.text)]
    for row in try connection.query(ExerciseWork.statement, place).rows {
      exercises.append(try ExerciseWork(RowReader(row)))
    }
    return ClassReading(
      notebooks: notebooks, learners: learners, notebook: notebook.text, record: record,
      exercises: exercises)
  }

  /// The most common wrong answers of a notebook, by exercise.
  func wrongAnswers(_ key: ClassroomKey) async throws(PostgresError) -> [WrongAnswer] {
    guard let notebook = key.notebook else { return [] }
    return try await database.pool.transaction { connection throws(PostgresError) in
      var answers: [WrongAnswer] = []
      let parameters: [PostgresValue] = [.text(key.course.text), .text(notebook.text)]
      for row in try connection.query(WrongAnswer.statement, parameters).rows {
        answers.append(try WrongAnswer(RowReader(row)))
      }
      return answers
    }
  }
}

/// What the database told of a class, as of one moment.
struct ClassReading: Sendable {
  /// The one that the class works on comes first.
  let notebooks: [Notebook]
  let learners: [Learner]
  /// Nil in a course without notebooks.
  let notebook: String?
  let record: NotebookRecord
  var exercises: [ExerciseWork] = []

  var isEmpty: Bool { notebooks.isEmpty && learners.isEmpty }

  /// Whether the course has the notebook; true where none is asked for.
  func has(_ notebook: ExactText?) -> Bool {
    notebook.map { wanted in notebooks.contains { $0.key == wanted } } ?? true
  }

  static func unknownNotebook(_ key: ClassroomKey) -> Problem {
    .notFound("course \(key.course.text) has no notebook \(key.notebook?.text ?? "")")
  }

  func snapshot(
    of course: String, position: String?, at moment: Timestamp, isPlayedBack: Bool = false,
    rules: LearnerStateRules, alertRules: ClassAlertRules
  ) -> ClassSnapshot {
    var builder = ClassSnapshotBuilder(
      rules: rules, learners: learners, record: record, exercises: exercises)
    let counts = builder.tellStates(at: moment)
    return ClassSnapshot(
      course: course, notebook: notebook, position: position, takenAt: moment,
      isPlayedBack: isPlayedBack, notebooks: notebooks, learners: builder.learners,
      cells: builder.cells,
      pace: builder.pace, counts: counts,
      alerts: notebook.map { notebook in
        alertRules.alerts(
          builder.learners.map { LearnerAtWork($0, notebook: notebook) }, at: moment)
      } ?? [],
      rules: rules, alertRules: alertRules)
  }
}

/// What the classroom is read with. `$1` is the course.
enum ClassroomStatements {
  static let notebooks = """
    select notebook_path, \(RowReader.microseconds("first_seen_at"))
    from notebooks where course_id = $1
    """

  /// By identifier; names and teams that no client sent are those of the roster. A notebook is closed when that is the last that was heard of the learner.
  static let learners = """
    select e.student_id, coalesce(s.student_name, r.student_name), coalesce(e.team, r.team),
      \(RowReader.microseconds("e.first_seen_at")), \(RowReader.microseconds("e.last_seen_at")),
      \(RowReader.microseconds("e.last_executed_at")),
      \(RowReader.microseconds("e.last_success_at")),
      e.executions, e.errors, e.current_notebook_path, e.current_cell,
      \(RowReader.microseconds("e.help_asked_at")), \(RowReader.microseconds("e.help_stopped_at")),
      (e.closed_at = e.last_seen_at) is true, e.clock_skew_seconds
    from enrollments e left join students s on s.student_id = e.student_id
      left join roster_learners r on r.course_id = e.course_id and r.student_id = e.student_id
    where e.course_id = $1
    order by e.student_id
    """
}
