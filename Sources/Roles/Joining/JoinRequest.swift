import Events
import Foundation
import HTTPServer
import JSONText

/// What a learner's client sends to join.
struct JoinRequest: Decodable {
  let code: String
  let studentName: String
  /// The token that this learner was given before: who has it stays the same learner.
  let token: String?
  /// Where nobody is asked for a token, the identifier that the learner was given before.
  let studentID: String?

  enum CodingKeys: String, CodingKey {
    case code, token
    case studentName = "student_name"
    case studentID = "student_id"
  }

  private static let longestName = 256

  init(_ body: some DataProtocol) throws(Problem) {
    do {
      self = try JSONDecoder().decode(JoinRequest.self, from: Data(body))
    } catch {
      // What the decoder says may quote the body.
      throw .badRequest(#"the body must be {"code": "…", "student_name": "…"}"#)
    }
  }

  /// The name as events have it, in normal form C.
  func checkedName() throws(Problem) -> String {
    let name = studentName.trimmingCharacters(in: .whitespacesAndNewlines)
      .composed
    guard !name.isEmpty, name.unicodeScalars.count <= Self.longestName,
      !name.unicodeScalars.contains(where: CharacterSet.controlCharacters.contains)
    else {
      throw .badRequest(
        "student_name must have 1 to \(Self.longestName) characters, none of them a control character"
      )
    }
    return name
  }

  /// An identifier that the learner may keep where nobody is asked for a token: anybody may take any there.
  func checkedIdentifier() throws(Problem) -> String? {
    guard let studentID else { return nil }
    guard (1...Envelope.identifierLength).contains(studentID.unicodeScalars.count),
      !studentID.unicodeScalars.contains(where: CharacterSet.controlCharacters.contains)
    else { throw .badRequest("student_id must have 1 to \(Envelope.identifierLength) characters") }
    return studentID.composed
  }
}
