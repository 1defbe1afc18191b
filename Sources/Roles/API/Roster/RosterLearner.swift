import Events

/// A learner as a roster lists them.
public struct RosterLearner: Sendable, Equatable, Codable {
  /// As events name the learner, in Unicode's normal form C.
  public let id: String
  /// Nil where the list has none.
  public let name: String?
  public let team: String?

  /// The most learners that a roster may have.
  public static let maximumCount = 10_000
  /// Characters of an id.
  static let longestID = Envelope.identifierLength
  /// Characters of a name or a team.
  static let longestName = 256

  public init(id: String, name: String? = nil, team: String? = nil) {
    self.id = id
    self.name = name
    self.team = team
  }

  enum CodingKeys: String, CodingKey {
    case id = "student_id"
    case name = "student_name"
    case team
  }
}
