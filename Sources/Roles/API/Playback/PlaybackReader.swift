import Events
import HTTPServer
import HTTPTypes
import JSONText
import PostgresDriver

/// Reads a class as it was at an earlier moment, from its events.
struct PlaybackReader: Sendable {
  /// What is played back.
  struct Key: Hashable, Sendable {
    let classroom: ClassroomKey
    /// Whatever had been received by then is in.
    let moment: Timestamp
  }

  let database: ReadDatabase
  let rules: LearnerStateRules
  let alertRules: ClassAlertRules

  /// - Throws: `Problem` of status 404 for an unknown course or notebook, of status 400 for a moment before the first
  ///   event, of status 503 when there are too many events, `PostgresError`.
  func snapshot(_ key: Key) async throws -> ClassSnapshot {
    let course = key.classroom.course.text
    let reading = try await read(course) { connection throws(PostgresError) in
      try Self.read(key, on: connection)
    }
    guard !reading.isEmpty else { throw try await nothingArrived(of: course) }
    guard reading.has(key.classroom.notebook) else {
      throw ClassReading.unknownNotebook(key.classroom)
    }
    return reading.snapshot(
      of: course, position: nil, at: key.moment, isPlayedBack: true, rules: rules,
      alertRules: alertRules)
  }

  /// The most common wrong answers of a notebook, by exercise.
  func wrongAnswers(_ key: Key) async throws -> [WrongAnswer] {
    guard let notebook = key.classroom.notebook else { return [] }
    return try await read(key.classroom.course.text) { connection throws(PostgresError) in
      var answers: [WrongAnswer] = []
      let parameters: [PostgresValue] = [
        .text(key.classroom.course.text), .text(notebook.text), .text(key.moment.postgresText),
      ]
      for row in try connection.query(PlaybackStatements.wrongAnswers, parameters).rows {
        answers.append(try WrongAnswer(RowReader(row)))
      }
      return answers
    }
  }

  /// - Throws: as `snapshot`.
  func activity(
    course: String, in window: ActivityWindow, arrivedBy moment: Timestamp
  ) async throws -> [ActivityBucket] {
    let buckets = try await read(course) { connection throws(PostgresError) in
      let result = try connection.query(
        PlaybackStatements.activity,
        PostgresActivitySource.parameters(course, window) + [.text(moment.postgresText)])
      return try PostgresActivitySource.buckets(result, of: window)
    }
    if !buckets.contains(where: { $0.events > 0 }),
      try await !PostgresActivitySource(database: database).knows(course: course)
    {
      throw Problem.notFound("no event of course \(course) is stored")
    }
    return buckets
  }

  private static func read(
    _ key: Key, on connection: isolated PostgresConnection
  ) throws(PostgresError) -> ClassReading {
    let course = key.classroom.course.text
    let place: [PostgresValue] = [.text(course), .text(key.moment.postgresText)]
    var learners: [Learner] = []
    var notebooks: [Notebook] = []
    for row in try connection.query(PlaybackStatements.learners, place).rows {
      let reader = RowReader(row)
      guard reader.optionalText(0) != nil else {
        notebooks.append(Notebook(path: try reader.text(1), firstSeenAt: try reader.moment(3)))
        continue
      }
      var learner = try Learner(reader)
      let running = PlaybackStatements.runningOffset
      if reader.optionalText(running + 1) != nil {
        learner.running = try RunningCell(reader, offset: running)
      }
      learners.append(learner)
    }
    notebooks = Notebook.ordered(notebooks, by: learners, at: key.moment)
    guard let notebook = key.classroom.notebook?.text ?? notebooks.first?.path else {
      return ClassReading(
        notebooks: notebooks, learners: learners, notebook: nil, record: NotebookRecord())
    }
    var record = NotebookRecord()
    for row in try connection.query(PlaybackStatements.work, place + [.text(notebook)]).rows {
      record.record(try WorkRow(RowReader(row)), isNew: true)
    }
    record.updateStatistics()
    try NotebookRecordReader(course: course, notebook: notebook).tellStreaks(
      of: &learners, from: record, playedBackTo: key.moment, on: connection)
    var exercises: [ExerciseWork] = []
    for row in try connection.query(PlaybackStatements.exercises, place + [.text(notebook)]).rows {
      exercises.append(try ExerciseWork(RowReader(row)))
    }
    return ClassReading(
      notebooks: notebooks, learners: learners, notebook: notebook, record: record,
      exercises: exercises)
  }

  /// What is asked for by hand may be given up by hand: a class that is too large costs one connection for a while.
  private func read<Value: Sendable>(
    _ course: String,
    _ body: @Sendable (isolated PostgresConnection) throws(PostgresError) -> Value
  ) async throws -> Value {
    do {
      return try await database.pool.transaction(body)
    } catch {
      guard error.sqlState == Self.queryCanceled else { throw error }
      throw Problem(
        status: .serviceUnavailable,
        detail: "course \(course) has too many events to be played back in time", retryAfter: 60)
    }
  }

  /// query_canceled: the statement's time was over.
  private static let queryCanceled = "57014"

  private func nothingArrived(of course: String) async throws(PostgresError) -> Problem {
    try await PostgresActivitySource(database: database).knows(course: course)
      ? PlaybackMoment.problem("is before the first event that is stored of course \(course)")
      : .notFound("no event of course \(course) is stored")
  }
}
