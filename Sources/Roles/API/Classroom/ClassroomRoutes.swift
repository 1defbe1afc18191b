import Events
import HTTPServer
import Hummingbird
import JSONText
import PostgresDriver

/// Progress, learners, exercises and the help queue of a course, now or at an earlier moment.
struct ClassroomRoutes: Sendable {
  private let snapshots: SingleFlightCache<ClassroomKey, ClassSnapshot>
  private let wrongAnswers: SingleFlightCache<ClassroomKey, [WrongAnswer]>
  private let playback: Playback
  private let pseudonyms: SingleFlightCache<Int, Pseudonyms>
  private let now: @Sendable () -> Timestamp

  init(
    reader: ClassroomReader, database: ReadDatabase, playback: Playback, ages: ReadCaching
  ) {
    self.playback = playback
    pseudonyms = SingleFlightCache(ages.lessons) { _ in
      try await database.pool.transaction { connection throws(PostgresError) in
        try Pseudonyms.read(on: connection)
      }
    }
    now = reader.now
    snapshots = SingleFlightCache(ages.classroom) { try await reader.snapshot($0) }
    wrongAnswers = SingleFlightCache(ages.wrongAnswers) { try await reader.wrongAnswers($0) }
  }

  func progress(_ parameters: RequestParameters) async throws -> JSONWriter {
    let limit = try parameters.limit()
    let cursor = try parameters.cursor(parts: 3)
    let after = try cursor.map(Self.place)
    let snapshot = try await snapshot(parameters)
    return snapshot.answers.answer(Self.key(.progress, limit, cursor)) {
      let cells = snapshot.cells.filter { cell in after.map { $0 < cell.place } ?? true }
      let page = PageOfItems(cells, limit: limit) { cell in
        let place = cell.place
        return [String(place.index), String(place.firstRunAt.microseconds), place.id]
      }
      return ClassroomAnswers.progress(snapshot, cells: page)
    }
  }

  func students(_ parameters: RequestParameters) async throws -> JSONWriter {
    let limit = try parameters.limit()
    let cursor = try parameters.cursor(parts: 1)
    let states = try Self.states(parameters)
    let snapshot = try await snapshot(parameters)
    return snapshot.answers.answer(Self.key(.students, limit, cursor, states)) {
      let learners = snapshot.learners.filter { learner in
        states.contains(learner.state) && cursor.map { $0[0].precedes(learner.id) } ?? true
      }
      return ClassroomAnswers.students(
        snapshot, learners: PageOfItems(learners, limit: limit) { [$0.id] })
    }
  }

  func exercises(_ parameters: RequestParameters) async throws -> JSONWriter {
    let snapshot = try await snapshot(parameters)
    let exercises = Exercise.ofClass(snapshot.learners.flatMap(\.exercises))
    let key = ClassroomKey(course: snapshot.course, notebook: snapshot.notebook)
    // A class without exercises costs no query.
    // Learners have written them; and of a hidden notebook nothing is read.
    let hasNone = try exercises.isEmpty || parameters.hidesNames()
    let wrong = hasNone ? [] : try await wrongAnswers(key, of: snapshot)
    return ClassroomAnswers.exercises(exercises, of: snapshot, wrongAnswers: wrong)
  }

  func help(_ parameters: RequestParameters) async throws -> JSONWriter {
    let limit = try parameters.limit()
    let cursor = try parameters.cursor(parts: 2)
    let after = try cursor.map(HelpPlace.init)
    let snapshot = try await snapshot(parameters)
    return snapshot.answers.answer(Self.key(.help, limit, cursor)) {
      let waiting = snapshot.learners.compactMap { learner in
        learner.helpSince.map { (learner, HelpPlace(since: $0, id: learner.id)) }
      }
      let queue = waiting.filter { _, place in after.map { $0 < place } ?? true }
        .sorted { $0.1 < $1.1 }.map(\.0)
      let page = PageOfItems(queue, limit: limit) { learner in
        [String(learner.helpSince?.microseconds ?? 0), learner.id]
      }
      return ClassroomAnswers.help(snapshot, queue: page)
    }
  }

  private static func key(
    _ kind: SnapshotAnswers.Key.Kind, _ limit: Int, _ cursor: [String]?,
    _ states: Set<LearnerState> = []
  ) -> SnapshotAnswers.Key {
    SnapshotAnswers.Key(
      kind: kind, limit: limit, cursor: (cursor ?? []).map(ExactText.init), states: states)
  }

  private func snapshot(_ parameters: RequestParameters) async throws -> ClassSnapshot {
    let course = try parameters.identifier(inPath: "course")
    let notebook = try parameters.text("notebook", maximumLength: 1024)
    let moment = try PlaybackMoment.read(parameters, now: now())
    guard try parameters.hidesNames() else {
      return try await snapshot(ClassroomKey(course: course, notebook: notebook), moment)
    }
    return try await snapshotWithoutNames(course, notebook: notebook, moment)
  }

  private func snapshotWithoutNames(
    _ course: String, notebook: String?, _ moment: Timestamp?
  ) async throws -> ClassSnapshot {
    let pseudonyms = try await pseudonyms.value(for: 0)
    let usual = try await snapshot(ClassroomKey(course: course, notebook: nil), moment)
    guard let notebook else { return usual.hidingNames(pseudonyms) }
    guard let path = usual.path(ofRedacted: notebook) else {
      throw Problem.notFound("the course has no such notebook")
    }
    return try await snapshot(ClassroomKey(course: course, notebook: path), moment)
      .hidingNames(pseudonyms)
  }

  /// - Parameter moment: nil for now.
  @Sendable func snapshot(_ key: ClassroomKey, _ moment: Timestamp?) async throws -> ClassSnapshot {
    guard let moment else { return try await snapshots.value(for: key) }
    return try await playback.snapshots.value(for: .init(classroom: key, moment: moment))
  }

  private func wrongAnswers(
    _ key: ClassroomKey, of snapshot: ClassSnapshot
  ) async throws -> [WrongAnswer] {
    guard snapshot.isPlayedBack else { return try await wrongAnswers.value(for: key) }
    return try await playback.wrongAnswers.value(
      for: .init(classroom: key, moment: snapshot.takenAt))
  }

  private static func states(_ parameters: RequestParameters) throws(Problem) -> Set<LearnerState> {
    guard let text = try parameters.text("state", maximumLength: 128) else {
      return Set(LearnerState.allCases)
    }
    var states: Set<LearnerState> = []
    for name in text.split(separator: ",") {
      guard let state = LearnerState(rawValue: String(name)) else {
        let known = LearnerState.allCases.map(\.rawValue).joined(separator: ", ")
        throw .badRequest("state must be one or several of \(known)")
      }
      states.insert(state)
    }
    return states
  }

  private static func place(_ parts: [String]) throws(Problem) -> NotebookCell.Place {
    guard let index = Int(parts[0]), let microseconds = Int64(parts[1]) else {
      throw .badRequest("cursor must be the next_cursor of an answer to the same request")
    }
    return NotebookCell.Place(
      index: index, firstRunAt: Timestamp(microseconds: microseconds), id: parts[2])
  }
}

/// A place in the help queue: the longest waiting first.
struct HelpPlace: Comparable {
  let since: Timestamp
  let id: String

  init(since: Timestamp, id: String) {
    self.since = since
    self.id = id
  }

  init(_ cursor: [String]) throws(Problem) {
    guard let microseconds = Int64(cursor[0]) else {
      throw .badRequest("cursor must be the next_cursor of an answer to the same request")
    }
    self.init(since: Timestamp(microseconds: microseconds), id: cursor[1])
  }

  static func < (left: HelpPlace, right: HelpPlace) -> Bool {
    left.since == right.since ? left.id.precedes(right.id) : left.since < right.since
  }
}
