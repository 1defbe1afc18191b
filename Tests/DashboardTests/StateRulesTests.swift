import Dashboard
import Events
import Testing

struct StateRulesTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let expected: LearnerState
    let code: StateReason.Code
    var pace = ClassPace(medianSolved: 8, requiredCells: 10)
    /// Seconds ago.
    var seen = 10
    var success: Int? = 10
    var first = 3600
    var help: Int?
    var errors = 0
    var solved = 8
    var remaining = 2
    var closed = false
  }

  static let cases = [
    Case(testDescription: "works as the class does", expected: .onTrack, code: .onTrack),
    Case(testDescription: "asks for help", expected: .help, code: .askedForHelp, help: 60),
    Case(
      testDescription: "help comes before everything", expected: .help, code: .askedForHelp,
      seen: 9000, help: 9000, errors: 5, remaining: 0, closed: true),
    Case(
      testDescription: "three errors in a row", expected: .stuck, code: .errorsInARow, errors: 3),
    Case(testDescription: "two errors in a row", expected: .onTrack, code: .onTrack, errors: 2),
    Case(
      testDescription: "three errors, then silence", expected: .stuck, code: .errorsInARow,
      seen: 1799, errors: 3),
    Case(
      testDescription: "three errors, then gone", expected: .idle, code: .noActivity, seen: 1800,
      errors: 3),
    Case(
      testDescription: "nothing solved in five minutes", expected: .stuck, code: .nothingSolved,
      success: 300),
    Case(
      testDescription: "solved just now", expected: .onTrack, code: .onTrack, success: 299),
    Case(
      testDescription: "began just now and solved nothing", expected: .onTrack, code: .onTrack,
      pace: ClassPace(medianSolved: 0, requiredCells: 3), success: nil, first: 299, solved: 0),
    Case(
      testDescription: "never solved anything", expected: .stuck, code: .nothingSolved,
      success: nil, first: 300, solved: 0),
    Case(testDescription: "silent for five minutes", expected: .idle, code: .noActivity, seen: 300),
    Case(testDescription: "almost silent", expected: .onTrack, code: .onTrack, seen: 299),
    Case(
      testDescription: "under half of the median", expected: .behind, code: .fewSolved, solved: 3),
    Case(testDescription: "half of the median", expected: .onTrack, code: .onTrack, solved: 4),
    Case(
      testDescription: "a class that has just begun", expected: .onTrack, code: .onTrack,
      pace: ClassPace(medianSolved: 3.5, requiredCells: 4), solved: 0),
    Case(
      testDescription: "all solved, still there", expected: .onTrack, code: .onTrack, success: 400,
      remaining: 0),
    Case(
      testDescription: "all solved and closed", expected: .done, code: .allSolved, remaining: 0,
      closed: true),
    Case(
      testDescription: "all solved, then silent", expected: .done, code: .allSolved, seen: 300,
      success: 300, remaining: 0),
    Case(
      testDescription: "all solved, but a later run failed", expected: .idle, code: .noActivity,
      seen: 400, errors: 1, remaining: 0),
    Case(
      testDescription: "all solved, failing at something new for long", expected: .stuck,
      code: .nothingSolved, success: 400, errors: 2, remaining: 0),
    Case(
      testDescription: "a notebook without required cells is never done", expected: .idle,
      code: .noActivity, pace: ClassPace(medianSolved: 0, requiredCells: 0), seen: 400, solved: 0,
      remaining: 0, closed: true),
    Case(
      testDescription: "a clock that runs ahead", expected: .onTrack, code: .onTrack, seen: -30,
      success: -30),
  ]

  @Test(arguments: cases) func state(_ example: Case) {
    let now = Timestamp(microseconds: 1_800_000_000_000_000)
    func ago(_ seconds: Int) -> Timestamp {
      Timestamp(microseconds: now.microseconds - Int64(seconds) * 1_000_000)
    }
    var learner = LearnerSituation(
      firstSeenAt: ago(example.first), lastSeenAt: ago(example.seen))
    learner.lastSuccessAt = example.success.map(ago)
    learner.helpSince = example.help.map(ago)
    learner.consecutiveErrors = example.errors
    learner.solvedCells = example.solved
    learner.remainingCells = example.remaining
    learner.notebookClosed = example.closed
    let (state, reason) = StateRules.standard.state(of: learner, pace: example.pace, at: now)
    #expect(state == example.expected)
    #expect(reason.code == example.code)
  }
}
