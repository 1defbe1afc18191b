import Events
import Foundation

/// A statement of the Experience API that says of an event who did what (xAPI 1.0.3, part two).
public struct Statement: Encodable, Sendable, Equatable {
  /// Of ours; the names within are events' ids. A statement that came in with an id goes out with another, for it says
  /// something else.
  private static let namespace = EventID("3d1a5b52-7a63-4f0e-9c58-0a3f1b8f6f10")!

  struct Account: Encodable, Sendable, Equatable {
    let homePage: String
    let name: String
  }
  struct Agent: Encodable, Sendable, Equatable {
    let objectType = "Agent"
    let account: Account
  }
  struct Verb: Encodable, Sendable, Equatable {
    let id: String
    let display: [String: String]
  }
  struct Definition: Encodable, Sendable, Equatable {
    let name: [String: String]?
    let type: String
  }
  struct Activity: Encodable, Sendable, Equatable {
    let objectType = "Activity"
    let id: String
    let definition: Definition
  }
  struct Score: Encodable, Sendable, Equatable {
    let scaled: Double?
    let raw: Double
    let min: Double?
    let max: Double?
  }
  struct Result: Encodable, Sendable, Equatable {
    var score: Score?
    var success: Bool?
    var duration: String?
    var extensions: [String: String]?
  }
  struct ContextActivities: Encodable, Sendable, Equatable {
    let parent: [Activity]?
    let grouping: [Activity]
  }
  struct Context: Encodable, Sendable, Equatable {
    let registration: String?
    let contextActivities: ContextActivities
    let platform = "ProgressBus"
  }

  let id: String
  let actor: Agent
  let verb: Verb
  let object: Activity
  let result: Result?
  let context: Context
  let timestamp: String
  let version = "1.0.3"

  /// Nil for a kind of event that no verb is for.
  public init?(_ event: RecordedEvent, names: ActivityNames) {
    guard let verb = Self.verbs[event.eventType] else { return nil }
    id = EventID(name: Array(event.id.utf8), in: Self.namespace).description
    actor = Agent(account: Account(homePage: names.homePage, name: event.student))
    self.verb = Verb(id: verb.id, display: ["en": verb.word])
    timestamp = event.happenedAt
    let notebook = Activity(
      id: names.notebook(event.notebook, in: event.course),
      definition: Definition(name: ["und": event.notebook], type: Self.activityType("lesson")))
    let course = Activity(
      id: names.course(event.course),
      definition: Definition(name: ["und": event.course], type: Self.activityType("course")))
    let part = Self.part(event, names)
    object = part ?? notebook
    context = Context(
      registration: event.session.flatMap { EventID($0) }?.description,
      contextActivities: ContextActivities(
        parent: part == nil ? nil : [notebook], grouping: [course]))
    result = Self.result(event, names)
  }

  private static let verbs: [String: (id: String, word: String)] = {
    func adl(_ word: String) -> (String, String) {
      ("http://adlnet.gov/expapi/verbs/\(word)", word)
    }
    func stream(_ word: String, _ shown: String) -> (String, String) {
      ("http://activitystrea.ms/schema/1.0/\(word)", shown)
    }
    return [
      "notebook_opened": adl("initialized"), "notebook_saved": stream("save", "saved"),
      "notebook_closed": adl("terminated"), "cell_executed": adl("interacted"),
      "exercise_checked": adl("answered"), "help": adl("asked"),
      "help_stop": stream("cancel", "canceled"),
    ]
  }()

  private static func activityType(_ word: String) -> String {
    "http://adlnet.gov/expapi/activities/\(word)"
  }

  private static func part(_ event: RecordedEvent, _ names: ActivityNames) -> Activity? {
    if let exercise = event.exercise {
      return Activity(
        id: names.part(.exercise, exercise, of: event.notebook, in: event.course),
        definition: Definition(
          name: ["und": event.label ?? exercise], type: activityType("question")))
    }
    // By its place where it has no id, as on the pages.
    guard let cell = event.cell ?? event.cellIndex.map({ "\($0)" }) else { return nil }
    return Activity(
      id: names.part(.cell, cell, of: event.notebook, in: event.course),
      definition: Definition(name: nil, type: activityType("interaction")))
  }

  private static func result(_ event: RecordedEvent, _ names: ActivityNames) -> Result? {
    var result = Result()
    result.success = event.passed ?? event.hasError.map { !$0 }
    result.duration = event.durationMilliseconds.map { duration(milliseconds: $0) }
    result.extensions = event.errorName.map { ["\(names.homePage)/extensions/error-name": $0] }
    result.score = event.points.map { score($0, of: event.pointsPossible) }
    return result == Result() ? nil : result
  }

  /// Points beyond what is possible have no scale: a score lies between its bounds.
  private static func score(_ points: Double, of possible: Double?) -> Score {
    guard let possible, possible > 0, (0...possible).contains(points) else {
      return Score(scaled: nil, raw: points, min: nil, max: nil)
    }
    return Score(scaled: points / possible, raw: points, min: 0, max: possible)
  }

  /// ISO 8601, in seconds, without an exponent.
  static func duration(milliseconds: Double) -> String {
    let microseconds = Int64((milliseconds * 1000).rounded())
    let (seconds, rest) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
    guard rest > 0 else { return "PT\(seconds)S" }
    let digits = String(String(rest + 1_000_000).dropFirst())
    let fraction = digits.reversed().drop { $0 == "0" }.reversed()
    return "PT\(seconds).\(String(fraction))S"
  }
}
