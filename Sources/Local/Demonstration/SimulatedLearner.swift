import Events
internal import SeededRandom

/// A learner at work: a state machine whose every step is one event. Times are seconds since the class
/// began.
struct SimulatedLearner: Sendable {
  let profile: LearnerProfile
  private let timetable: Timetable
  private var generator: SeededGenerator
  private var sessionID = ""

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
  /// Of the cell's exercise.
  private var checks = 0
  private var failedChecksInARow = 0
  /// Answers that will not be right before one is.
  private var wrongAnswersAhead = 0
  /// When the run began that goes on.
  private var runningSince: Double?
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
    startKernel()
    planLesson(0)
  }

  /// Does what comes next.
  mutating func act(
    course: String, startedAt: Timestamp, staff: inout TeachingStaff
  ) -> SimulatedEvent {
    let now = nextAt
    let step = nextStep
    var eventType = step.eventType
    let path = timetable.notebookPath(lesson)
    let session = sessionID
    var execution: SimulatedExecution?
    var start: SimulatedStart?
    var check: SimulatedCheck?
    switch step {
    case .openNotebook: plan(.runCell, at: now + readingTime())
    case .runCell where generator.isTrue(probability: 0.004):
      eventType = "kernel_died"
      startKernel()
      plan(.runCell, at: now + generator.number(in: 10...40))
    case .runCell where runsForever():
      eventType = "cell_started"
      start = SimulatedStart(cellID: cells[cell].identifier, cellIndex: cell)
      runningSince = now
      plan(.runCell, at: now + generator.number(in: 30...480))
    case .runCell: execution = runCell(now)
    case .checkAnswer: check = checkAnswer(now)
    case .askForHelp:
      isWaitingForHelp = true
      plan(.takeHelpBack, at: staff.help(requestedAt: now, generator: &generator))
    case .takeHelpBack:
      isWaitingForHelp = false
      errorsAhead = min(errorsAhead, generator.isTrue(probability: 0.3) ? 1 : 0)
      wrongAnswersAhead = 0
      plan(.runCell, at: now + generator.number(in: 8...35))
    case .saveNotebook:
      let after = stepAfterSaving ?? (at: now, step: .closeNotebook)
      plan(after.step, at: max(after.at, now + 1))
    case .closeNotebook: planLesson(lesson + 1)
    }
    let occurredAt = Timestamp(
      microseconds: startedAt.microseconds + Int64((now * 1_000_000).rounded()))
    return SimulatedEvent(
      eventID: eventID(at: occurredAt), eventType: eventType, occurredAt: occurredAt,
      courseID: course, studentID: profile.identifier, studentName: profile.name,
      team: profile.team, sessionID: session, notebookPath: path, execution: execution,
      start: start, check: check)
  }

  private var cells: [LessonCell] { timetable.lesson(lesson).cells }

  private mutating func startKernel() {
    sessionID =
      EventID(
        high: generator.next() & ~0xF000 | 0x4000, low: generator.next() >> 2 | 1 << 63
      ).description
    executions = 0
    checks = 0
    runningSince = nil
  }

  private mutating func runsForever() -> Bool {
    runningSince == nil && errorsAhead > 0 && cells[cell].canRunForever
      && generator.isTrue(probability: 0.6)
  }

  private mutating func runCell(_ now: Double) -> SimulatedExecution {
    executions += 1
    let place = cell
    let ran = cells[place]
    var fault: CellFault?
    let started = runningSince
    runningSince = nil
    if errorsAhead > 0 {
      errorsAhead -= 1
      errorsInARow += 1
      // The same mistake again, or another one.
      fault = ran.faults[generator.isTrue(probability: 0.75) ? 0 : ran.faults.count - 1]
      if started != nil { fault = .interrupted }
      planAfterFailure(now, inARow: errorsInARow)
    } else {
      errorsInARow = 0
      planAfterSuccess(now)
    }
    let typical = fault == nil ? ran.milliseconds : min(ran.milliseconds, 10)
    let duration =
      started.map { (now - $0) * 1000 } ?? typical * generator.logNormalFactor(spread: 0.5)
    return SimulatedExecution(
      cellID: ran.identifier, cellIndex: place, executionCount: executions,
      durationMilliseconds: (duration * 100).rounded() / 100, hasError: fault != nil,
      errorName: fault?.errorName, errorMessage: fault?.message)
  }

  private mutating func checkAnswer(_ now: Double) -> SimulatedCheck {
    let checked = cells[cell]
    let passed = wrongAnswersAhead == 0
    checks += 1
    let check = SimulatedCheck(
      cellID: checked.identifier, cellIndex: cell, exerciseID: checked.identifier,
      label: checked.exercise ?? checked.identifier, attempt: checks, passed: passed,
      points: passed ? 2 : 0, pointsPossible: 2)
    if passed {
      planNextCell(now)
    } else {
      wrongAnswersAhead -= 1
      failedChecksInARow += 1
      planAfterFailure(now, inARow: failedChecksInARow)
    }
    return check
  }

  private mutating func planAfterFailure(_ now: Double, inARow: Int) {
    if inARow >= 3, generator.isTrue(probability: profile.openness) {
      plan(.askForHelp, at: now + generator.number(in: 5...25))
    } else {
      let thought = min(20 + 10 * Double(inARow), 60)
      plan(.runCell, at: now + thought * profile.pace * generator.logNormalFactor(spread: 0.4))
    }
  }

  private mutating func planAfterSuccess(_ now: Double) {
    if cells[cell].exercise != nil {
      return plan(.checkAnswer, at: now + generator.number(in: 0.2...3))
    }
    if !isRepeating, generator.isTrue(probability: 0.12) {
      isRepeating = true
      return plan(.runCell, at: now + generator.number(in: 4...20))
    }
    planNextCell(now)
  }

  private mutating func planNextCell(_ now: Double) {
    guard cell + 1 < cells.count else {
      stepAfterSaving = (now + generator.number(in: 20...90), .closeNotebook)
      return plan(.saveNotebook, at: now + generator.number(in: 3...15))
    }
    reach(cell + 1)
    var next = now + readingTime()
    if breakBeforeCell == cell { next += generator.number(in: 300...600) }
    if generator.isTrue(probability: 0.2) {
      stepAfterSaving = (next, .runCell)
      plan(.saveNotebook, at: min(now + generator.number(in: 2...10), next))
    } else {
      plan(.runCell, at: next)
    }
  }

  private mutating func reach(_ place: Int) {
    cell = place
    errorsInARow = 0
    isRepeating = false
    errorsAhead = drawErrors()
    checks = 0
    failedChecksInARow = 0
    wrongAnswersAhead = cells[cell].exercise == nil ? 0 : drawWrongAnswers()
  }

  private mutating func planLesson(_ number: Int) {
    lesson = number
    runningSince = nil
    reach(0)
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

  private mutating func drawWrongAnswers() -> Int {
    let probability = min(cells[cell].difficulty * profile.carelessness * 0.7, 0.7)
    if generator.isTrue(probability: probability * 0.15) {
      return Int.random(in: 3...6, using: &generator)
    }
    return generator.failures(probability: probability, most: 2)
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
    case .checkAnswer: "exercise_checked"
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
  case checkAnswer
  case askForHelp
  /// The teacher has been there.
  case takeHelpBack
  case saveNotebook
  case closeNotebook
}
