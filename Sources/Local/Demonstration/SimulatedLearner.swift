import Events
internal import SeededRandom

/// A learner at work: a state machine whose every step is one event. Times are seconds since the class
/// began.
struct SimulatedLearner: Sendable {
  let profile: LearnerProfile
  private let timetable: Timetable
  private var generator: SeededGenerator
  private let sessionID: String

  private(set) var nextAt = 0.0
  private var nextStep = LearnerStep.openNotebook
  /// What saving the notebook has come before.
  private var stepAfterSaving: (at: Double, step: LearnerStep)?

  private var lesson = 0
  private var cell = 0
  private var executions = 0
  private var errorsInARow = 0
  /// Tries that will fail before the cell is solved.
  private var errorsAhead = 0
  private var isWaitingForHelp = false
  private var isRepeating = false
  /// The cell before which the learner is away for a while.
  private var breakBeforeCell: Int?

  init(number: Int, seed: UInt64, timetable: Timetable) {
    // Apart for each learner, so that nobody's luck hangs on the others'.
    var seeds = SeededGenerator(seed: seed ^ (UInt64(number) &* 0xD134_2543_DE82_EF95))
    generator = SeededGenerator(seed: seeds.next())
    self.timetable = timetable
    profile = LearnerProfile(number: number, generator: &generator)
    sessionID =
      EventID(
        high: generator.next() & ~0xF000 | 0x4000, low: generator.next() >> 2 | 1 << 63
      ).description
    planLesson(0)
  }

  /// Does what comes next.
  mutating func act(
    course: String, startedAt: Timestamp, staff: inout TeachingStaff
  ) -> SimulatedEvent {
    let now = nextAt
    let step = nextStep
    let path = timetable.notebookPath(lesson)
    var execution: SimulatedExecution?
    switch step {
    case .openNotebook: plan(.runCell, at: now + readingTime())
    case .runCell: execution = runCell(now)
    case .askForHelp:
      isWaitingForHelp = true
      plan(.takeHelpBack, at: staff.help(requestedAt: now, generator: &generator))
    case .takeHelpBack:
      isWaitingForHelp = false
      errorsAhead = min(errorsAhead, generator.isTrue(probability: 0.3) ? 1 : 0)
      plan(.runCell, at: now + generator.number(in: 8...35))
    case .saveNotebook:
      let after = stepAfterSaving ?? (at: now, step: .closeNotebook)
      plan(after.step, at: max(after.at, now + 1))
    case .closeNotebook: planLesson(lesson + 1)
    }
    let occurredAt = Timestamp(
      microseconds: startedAt.microseconds + Int64((now * 1_000_000).rounded()))
    return SimulatedEvent(
      eventID: eventID(at: occurredAt), eventType: step.eventType, occurredAt: occurredAt,
      courseID: course, studentID: profile.identifier, studentName: profile.name,
      team: profile.team, sessionID: sessionID, notebookPath: path, execution: execution)
  }

  private var cells: [LessonCell] { timetable.lesson(lesson).cells }

  private mutating func runCell(_ now: Double) -> SimulatedExecution {
    executions += 1
    let place = cell
    let ran = cells[place]
    var fault: CellFault?
    if errorsAhead > 0 {
      errorsAhead -= 1
      errorsInARow += 1
      // The same mistake again, or another one.
      fault = ran.faults[generator.isTrue(probability: 0.75) ? 0 : ran.faults.count - 1]
      planAfterError(now)
    } else {
      errorsInARow = 0
      planAfterSuccess(now)
    }
    let typical = fault == nil ? ran.milliseconds : min(ran.milliseconds, 10)
    let duration = typical * generator.logNormalFactor(spread: 0.5)
    return SimulatedExecution(
      cellID: ran.identifier, cellIndex: place, executionCount: executions,
      durationMilliseconds: (duration * 100).rounded() / 100, hasError: fault != nil,
      errorName: fault?.errorName, errorMessage: fault?.message)
  }

  private mutating func planAfterError(_ now: Double) {
    if errorsInARow >= 3, generator.isTrue(probability: profile.openness) {
      plan(.askForHelp, at: now + generator.number(in: 5...25))
    } else {
      let thought = min(20 + 10 * Double(errorsInARow), 60)
      plan(.runCell, at: now + thought * profile.pace * generator.logNormalFactor(spread: 0.4))
    }
  }

  private mutating func planAfterSuccess(_ now: Double) {
    if !isRepeating, generator.isTrue(probability: 0.12) {
      isRepeating = true
      return plan(.runCell, at: now + generator.number(in: 4...20))
    }
    isRepeating = false
    guard cell + 1 < cells.count else {
      stepAfterSaving = (now + generator.number(in: 20...90), .closeNotebook)
      return plan(.saveNotebook, at: now + generator.number(in: 3...15))
    }
    cell += 1
    errorsAhead = drawErrors()
    var next = now + readingTime()
    if breakBeforeCell == cell { next += generator.number(in: 300...600) }
    if generator.isTrue(probability: 0.2) {
      stepAfterSaving = (next, .runCell)
      plan(.saveNotebook, at: min(now + generator.number(in: 2...10), next))
    } else {
      plan(.runCell, at: next)
    }
  }

  private mutating func planLesson(_ number: Int) {
    lesson = number
    cell = 0
    errorsInARow = 0
    isRepeating = false
    errorsAhead = drawErrors()
    breakBeforeCell =
      generator.isTrue(probability: 0.22) ? Int.random(in: 2..<cells.count, using: &generator) : nil
    // Most are there when the lesson begins; a few come late.
    let lateness =
      generator.isTrue(probability: 0.08)
      ? generator.number(in: 240...660) : generator.number(in: 0...75)
    nextStep = .openNotebook
    nextAt = timetable.start(number) + lateness
  }

  /// When the bell rings, whoever is still at work lets go of help and closes the notebook.
  private mutating func plan(_ step: LearnerStep, at time: Double) {
    let now = nextAt
    nextStep = step
    nextAt = time
    let bell = timetable.end(lesson)
    guard time >= bell else { return }
    if isWaitingForHelp {
      nextStep = .takeHelpBack
    } else {
      nextStep = .closeNotebook
    }
    nextAt = max(bell, now) + generator.number(in: 1...40)
  }

  /// Now and then a learner has it wrong altogether, and only help or many tries get them further.
  private mutating func drawErrors() -> Int {
    let probability = min(cells[cell].difficulty * profile.carelessness, 0.8)
    if generator.isTrue(probability: probability * 0.12) {
      return Int.random(in: 4...9, using: &generator)
    }
    return generator.failures(probability: probability, most: 3)
  }

  private mutating func readingTime() -> Double {
    cells[cell].effort * profile.pace * generator.logNormalFactor(spread: 0.3)
  }

  /// A UUIDv7 (RFC 9562) that the seed and the time tell, so that sending an event again is safe.
  private mutating func eventID(at moment: Timestamp) -> EventID {
    let milliseconds = UInt64(clamping: moment.microseconds / 1000) & 0xFFFF_FFFF_FFFF
    return EventID(
      high: milliseconds << 16 | 0x7000 | generator.next() >> 52,
      low: generator.next() >> 2 | 1 << 63)
  }
}

extension LearnerStep {
  var eventType: String {
    switch self {
    case .openNotebook: "notebook_opened"
    case .runCell: "cell_executed"
    case .askForHelp: "help"
    case .takeHelpBack: "help_stop"
    case .saveNotebook: "notebook_saved"
    case .closeNotebook: "notebook_closed"
    }
  }
}

/// What a learner does next.
enum LearnerStep: Sendable {
  case openNotebook
  case runCell
  case askForHelp
  /// The teacher has been there.
  case takeHelpBack
  case saveNotebook
  case closeNotebook
}
