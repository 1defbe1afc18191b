import Access
import Events
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
  /// Given by whoever may send the same again after an answer that got lost.
  let id: String?

  enum CodingKeys: String, CodingKey {
    case to, team, text, teacher
    case studentID = "student_id"
    case answersHand = "answers_hand"
    case id = "message_id"
  }

  func checkedRecipient() throws(Problem) -> String {
    switch to {
    case "learner"? where studentID != nil: return "learner"
    case "team"? where team?.isEmpty == false: return "team"
    case "class"?: return "class"
    default:
      throw .badRequest("to must be learner with a student_id, team with a team, or class")
    }
  }

  func checkedID() throws(Problem) -> EventID? {
    guard let id else { return nil }
    guard let id = EventID(id) else { throw .badRequest("message_id must be a UUID") }
    return id
  }

  /// What learners and other teachers see: the given name, else whom the token is for.
  func name(of caller: Caller) throws(Problem) -> String {
    if let teacher, !teacher.isEmpty { return teacher }
    guard let subject = caller.token?.claims.subject else {
      throw .badRequest("teacher must be a name")
    }
    return String(subject.unicodeScalars.prefix(256).map(Character.init))
  }
}
