import Cryptography
import PostgresDriver

/// Stands in for learners' ids where names are hidden: HMAC-SHA256 (RFC 2104) of course and id under a key that PostgreSQL keeps
/// (`sql/0291_rosters.sql`). The same learner has the same one in a course always, and another in each course.
struct Pseudonyms: Sendable {
  /// Hexadecimal digits: of 10,000 learners two are alike in one course of 20,000.
  private static let digits = 10

  let key: [UInt8]

  static func read(on connection: isolated PostgresConnection) throws(PostgresError) -> Pseudonyms {
    let hex: String =
      try connection.query(
        "select encode(key, 'hex') as key from pseudonym_key"
      ).first?.value("key") ?? ""
    let digits = hex.compactMap(\.hexDigitValue)
    // Without a key anybody could try ids.
    guard digits.count == 64 else {
      throw PostgresError(.invalidResult, "the key of pseudonyms is missing")
    }
    return Pseudonyms(
      key: stride(from: 0, to: digits.count, by: 2).map {
        UInt8(digits[$0] << 4 | digits[$0 + 1])
      })
  }

  func pseudonym(of learner: String, in course: String) -> String {
    let message = Array(course.utf8) + [0] + Array(learner.utf8)
    let code = HMACSHA256.code(for: message, key: key)
    return "learner-" + code.lowercaseHex.prefix(Self.digits)
  }
}
