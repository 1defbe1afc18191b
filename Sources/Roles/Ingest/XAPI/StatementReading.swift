import Events
import Foundation
import LearningRecords

/// What a statement that is well-formed says of a class.
struct StatementReading {
  private static let courseType = "http://adlnet.gov/expapi/activities/course"
  private static let parent = "/context/contextActivities/parent"
  private static let grouping = "/context/contextActivities/grouping"

  private let statement: SentValue
  private let givenCourse: String?
  private let defaultCourse: String
  private let names: ActivityNames?

  /// - Parameter course: what the path or the query names; nil for what the statement does.
  init(_ statement: SentValue, course: String?, defaultCourse: String, names: ActivityNames?) {
    self.statement = statement
    givenCourse = course
    self.defaultCourse = defaultCourse
    self.names = names
  }

  /// The event; nil where there is no kind for it: a verb that means none, a group that acts, an object that is no activity.
  var draft: EventDraft? {
    guard let verb = statement[at: "/verb/id"]?.text,
      let meaning = StatementVerb.meanings[verb],
      statement[at: "/actor/objectType"]?.text ?? "Agent" == "Agent",
      statement[at: "/object/objectType"]?.text ?? "Activity" == "Activity"
    else { return nil }
    switch meaning {
    case .notebook(let eventType):
      return event(eventType, notebook: object)
    case .hand(let eventType):
      var draft = event(eventType, notebook: notebook ?? object)
      if notebook != nil { set("cell_id", to: object, in: &draft) }
      return draft
    case .check(let passed): return check(passed ?? isRight)
    case .execution: return execution
    }
  }

  private func check(_ passed: Bool?) -> EventDraft? {
    guard let passed else { return nil }
    var draft = event("exercise_checked", notebook: notebook ?? object)
    set("exercise_id", to: object, in: &draft)
    if let label = statement[at: "/object/definition/name"]?.members.first(where: { _ in true }) {
      draft.cut("label", to: 256, of: label.value, "/object/definition/name")
    }
    draft.set("passed", to: passed, from: "/result/success")
    let score = "/result/score"
    if statement[at: score + "/raw"] != nil {
      draft.copy("points", from: statement, score + "/raw")
      draft.copy("points_possible", from: statement, score + "/max")
    } else if statement[at: score + "/scaled"] != nil {
      draft.copy("points", from: statement, score + "/scaled")
      draft.set("points_possible", to: 1, from: score + "/scaled")
    }
    draft.cut("answer", to: 4096, from: statement, "/result/response", isWork: true)
    return draft
  }

  /// Nil where the result does not say how it went.
  private var execution: EventDraft? {
    guard let success = statement[at: "/result/success"]?.boolean, let notebook else { return nil }
    var draft = event("cell_executed", notebook: notebook)
    set("cell_id", to: object, in: &draft)
    draft.set("has_error", to: !success, from: "/result/success")
    if let seconds = statement[at: "/result/duration"]?.text
      .flatMap({ StatementDuration($0)?.seconds })
    {
      draft.set("duration_ms", to: seconds * 1000, from: "/result/duration")
    }
    draft.cut("result", to: 65_536, from: statement, "/result/response", isWork: true)
    return draft
  }

  /// By the result: `success`, or else the best score that there is.
  private var isRight: Bool? {
    if let success = statement[at: "/result/success"]?.boolean { return success }
    if let scaled = statement[at: "/result/score/scaled"]?.number { return scaled >= 1 }
    guard let raw = statement[at: "/result/score/raw"]?.number,
      let maximum = statement[at: "/result/score/max"]?.number
    else { return nil }
    return raw >= maximum
  }

  private func event(_ eventType: String, notebook: Activity?) -> EventDraft {
    var draft = EventDraft(eventType)
    draft.copy("occurred_at", from: statement, "/timestamp")
    let (learner, pointer) = learner
    draft.set("student_id", to: learner, from: pointer)
    if eventType != "exercise_checked" {
      draft.cut("student_name", to: 256, from: statement, "/actor/name")
    }
    if let givenCourse {
      draft.set("course_id", to: givenCourse)
    } else if let course {
      draft.set("course_id", to: course.id, from: course.pointer)
    } else {
      draft.set("course_id", to: defaultCourse)
    }
    draft.copy("session_id", from: statement, "/context/registration")
    if let notebook { draft.set("notebook_path", to: notebook.id, from: notebook.pointer) }
    return draft
  }

  /// Who it is, by the one of an agent's identifiers that it has.
  private var learner: (id: String, pointer: String) {
    if let name = statement[at: "/actor/account/name"]?.text {
      return (name, "/actor/account/name")
    }
    if let mailbox = statement[at: "/actor/mbox"]?.text {
      return (String(mailbox.dropFirst("mailto:".count)), "/actor/mbox")
    }
    if let digest = statement[at: "/actor/mbox_sha1sum"]?.text {
      return (digest.lowercased(), "/actor/mbox_sha1sum")
    }
    return (statement[at: "/actor/openid"]?.text ?? "", "/actor/openid")
  }

  private struct Activity {
    let id: String
    let pointer: String
    let isCourse: Bool
  }

  private var object: Activity? {
    statement["object"].flatMap { activity($0, "/object") }
  }

  /// The notebook around an exercise or a cell: the nearest activity around it that is no course.
  private var notebook: Activity? {
    (activities(Self.parent) + activities(Self.grouping).dropFirst(groupingIsCourse ? 1 : 0))
      .first { !$0.isCourse }
  }

  /// An activity that says that it is a course, or else the first of the grouping.
  private var course: Activity? {
    let grouping = activities(Self.grouping)
    return (grouping + activities(Self.parent)).first(where: \.isCourse) ?? grouping.first
  }

  private var groupingIsCourse: Bool {
    givenCourse == nil
      && !(activities(Self.grouping) + activities(Self.parent)).contains(where: \.isCourse)
  }

  private func activities(_ pointer: String) -> [Activity] {
    guard let value = statement[at: pointer] else { return [] }
    guard value.kind == .array else { return [activity(value, pointer)].compactMap { $0 } }
    return value.elements.enumerated().compactMap { activity($1, "\(pointer)/\($0)") }
  }

  private func activity(_ value: SentValue, _ pointer: String) -> Activity? {
    guard let id = value["id"]?.text else { return nil }
    return Activity(
      id: names?.name(of: id) ?? id, pointer: pointer + "/id",
      isCourse: value[at: "/definition/type"]?.text == Self.courseType)
  }

  private func set(_ field: String, to activity: Activity?, in draft: inout EventDraft) {
    guard let activity else { return }
    draft.set(field, to: StatementActivity.identifier(activity.id), from: activity.pointer)
  }
}

/// The names that activities have here.
enum StatementActivity {
  private static let namespace = EventID("8c0f7f3e-52f4-4a0b-8b8e-3a4d8d0c6d27")!

  /// An activity's IRI, or a UUID of version 5 made of it where it is longer than identifiers may be.
  static func identifier(_ iri: String) -> String {
    iri.unicodeScalars.count <= Envelope.identifierLength
      ? iri : EventID(name: Array(iri.utf8), in: namespace).description
  }
}
