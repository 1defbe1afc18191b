internal import Foundation

/// Finds learners in the open in what was sent to tables that declare a hash column.
public enum LearnerLeaks {
  public struct Found: Error, CustomStringConvertible {
    public let description: String
  }

  /// The hash columns of BigQuery's tables.
  public static let declaredColumns: [String: Set<String>] = [
    "progress_events": ["student_id_hash"], "sessions": ["user_id_hash"],
  ]

  /// Learners' ids and names that the mirror's tests put into such tables. Whatever else looks like an
  /// e-mail address is found too.
  static let identities = [
    "ada@example.com", "Ada Lovelace", "user-1", "learner-one", "grace.hopper", "Grace Hopper",
    "secret code", "secret result",
  ]

  /// - Throws: `Found`, with the table and the place of each learner.
  public static func requireNone(
    in requests: [RecordedRequest], hashed: [String: Set<String>] = declaredColumns
  ) throws {
    let found = try Set(requests.flatMap { try leaks(in: $0, hashed: hashed) }).sorted()
    guard found.isEmpty else { throw Found(description: found.joined(separator: "\n")) }
  }

  static func leaks(
    in request: RecordedRequest, hashed: [String: Set<String>]
  ) throws -> [String] {
    guard let match = request.target.firstMatch(of: /\/tables\/([^\/]+)\/insertAll$/),
      let columns = hashed[String(match.1)]
    else { return [] }
    let table = match.1
    guard
      let body = try JSONSerialization.jsonObject(with: Data(request.body)) as? [String: Any],
      let rows = body["rows"] as? [[String: Any]]
    else { return ["\(table): no rows"] }
    return rows.flatMap { row in
      let document = row["json"] as? [String: Any] ?? [:]
      let bare = columns.filter { !isHash(document[$0]) }.map { "\(table).\($0) is no hash" }
      return bare + texts(in: row, at: "\(table)").filter { holdsLearner($0.text) }.map(\.place)
    }
  }

  private static func isHash(_ value: Any?) -> Bool {
    if value is NSNull { return true }
    return (value as? String)?.wholeMatch(of: /[0-9a-f]{64}/) != nil
  }

  private static func holdsLearner(_ text: String) -> Bool {
    identities.contains { text.localizedCaseInsensitiveContains($0) }
      || text.contains(/[^\s@]+@[^\s@]+\.[A-Za-z]{2}/)
  }

  /// Every text below a value, names of members included.
  private static func texts(in value: Any, at place: String) -> [(place: String, text: String)] {
    switch value {
    case let text as String: [(place, text)]
    case let elements as [Any]: elements.flatMap { texts(in: $0, at: place + "[]") }
    case let members as [String: Any]:
      members.flatMap { name, member in
        [("\(place): a name", name)] + texts(in: member, at: "\(place).\(name)")
      }
    default: []
    }
  }
}
