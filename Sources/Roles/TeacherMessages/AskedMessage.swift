import Access
import Events
import Foundation
import HTTPServer

/// What a teacher's page sends: a message, or that a hand is taken. The event's own rules hold for what is not looked at
/// here.
struct AskedMessage: Decodable {
  let to: String?
  let studentID: String?
  let team: String?
  let text: String?
  let teacher: String?
  let answersHand: Bool?
  /// Since when the hand is up, as the page has heard.
  let askedAt: String?
  /// Given by whoever may send the same again after an answer that got lost.
  let id: String?

  enum CodingKeys: String, CodingKey {
    case to, team, text, teacher
    case studentID = "student_id"
    case answersHand = "answers_hand"
    case askedAt = "asked_at"
    case id = "message_id"
  }

  func checkedRecipient() throws(Problem) -> String {
    if let text,
      text.unicodeScalars.contains(where: { Self.steers($0) && $0 != "\n" && $0 != "\t" })
    {
      throw .badRequest("text must have no control characters but line breaks and tabs")
    }
    for name in [studentID, team].compactMap(\.self)
    where Self.isBlank(name) || name.unicodeScalars.contains(where: Self.steers) {
      throw .badRequest("student_id and team must be names without control characters")
    }
    switch to {
    case "learner"? where studentID != nil: return "learner"
    case "team"? where team != nil: return "team"
    case "class"?: return "class"
    default:
      throw .badRequest("to must be learner with a student_id, team with a team, or class")
    }
  }

  /// A text of blanks is none.
  var checkedText: String { text.map { Self.isBlank($0) ? "" : $0 } ?? "" }

  func checkedAskedAt() throws(Problem) -> String? {
    guard let askedAt else { return nil }
    guard let moment = Timestamp(rfc3339: askedAt.utf8) else {
      throw .badRequest("asked_at must be a time")
    }
    return "\(moment)"
  }

  func checkedID() throws(Problem) -> EventID? {
    guard let id else { return nil }
    guard let id = EventID(id) else { throw .badRequest("message_id must be a UUID") }
    return id
  }

  /// What learners and other teachers see: the given name, else whom the token is for.
  func name(of caller: Caller) throws(Problem) -> String {
    if let teacher = teacher?.trimmingCharacters(in: .whitespacesAndNewlines), !teacher.isEmpty {
      guard !teacher.unicodeScalars.contains(where: Self.steers) else {
        throw .badRequest("teacher must be a name without control characters")
      }
      return teacher
    }
    guard let subject = caller.token?.claims.subject else {
      throw .badRequest("teacher must be a name")
    }
    return String(subject.unicodeScalars.prefix(256).map(Character.init))
  }

  private static func isBlank(_ text: String) -> Bool {
    text.allSatisfy(\.isWhitespace)
  }

  private static func steers(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.generalCategory == .control
  }
}
