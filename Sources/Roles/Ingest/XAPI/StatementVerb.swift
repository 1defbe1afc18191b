/// What the verbs of statements are here. Their names are their IRIs, compared exactly.
enum StatementVerb {
  static let voided = adl + "voided"
  private static let adl = "http://adlnet.gov/expapi/verbs/"
  private static let activityStreams = "http://activitystrea.ms/schema/1.0/"

  enum Meaning: Equatable {
    /// Something became of a notebook.
    case notebook(String)
    /// An answer to an exercise; whether it was right, where the verb says it.
    case check(passed: Bool?)
    /// A cell ran, where the result says how.
    case execution
    /// A hand that is raised or taken down.
    case hand(String)
  }

  static let meanings: [String: Meaning] = [
    adl + "launched": .notebook("notebook_opened"),
    adl + "initialized": .notebook("notebook_opened"),
    adl + "resumed": .notebook("notebook_opened"),
    activityStreams + "open": .notebook("notebook_opened"),
    activityStreams + "save": .notebook("notebook_saved"),
    adl + "terminated": .notebook("notebook_closed"),
    adl + "exited": .notebook("notebook_closed"),
    adl + "suspended": .notebook("notebook_closed"),
    activityStreams + "close": .notebook("notebook_closed"),
    adl + "passed": .check(passed: true), adl + "mastered": .check(passed: true),
    adl + "failed": .check(passed: false), adl + "answered": .check(passed: nil),
    adl + "attempted": .check(passed: nil), adl + "completed": .check(passed: nil),
    adl + "scored": .check(passed: nil),
    adl + "experienced": .execution, adl + "interacted": .execution,
    adl + "asked": .hand("help"), activityStreams + "cancel": .hand("help_stop"),
  ]
}
