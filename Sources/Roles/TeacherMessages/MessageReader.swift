import Access
import HTTPServer
import HTTPTypes
import JSONText

/// Whose messages a client may have.
enum MessageReader {
  /// - Parameter named: the learner whom the request names.
  /// - Throws: `Problem` of status 400 where nobody is named, 403 for another learner or course than the token's, and
  ///   for a token that is nobody's: who may send nothing for a learner reads nothing of hers either.
  static func learner(
    named: String?, in course: String, caller: Caller
  ) throws(Problem) -> String {
    guard let claims = caller.token?.claims else { return try someone(named) }
    let isOfCourse = claims.courses.contains(ExactText(course))
    // A service that speaks for everybody in a class.
    if claims.scopes.contains(.ingestClass), isOfCourse, let named { return named }
    guard claims.scopes.contains(.ingest) else {
      guard isOfCourse else { throw .otherCourse() }
      return try someone(named)
    }
    guard let learner = claims.subject else {
      throw Problem(status: .forbidden, detail: "a token without a subject is nobody's")
    }
    // A learner's token without courses is for all of them.
    guard claims.courses.isEmpty || isOfCourse else { throw .otherCourse() }
    guard named.map({ ExactText($0) == ExactText(learner) }) ?? true else {
      throw Problem(status: .forbidden, detail: "the token is not for this learner")
    }
    return learner
  }

  private static func someone(_ named: String?) throws(Problem) -> String {
    guard let named else { throw .badRequest("student_id is required") }
    return named
  }
}
