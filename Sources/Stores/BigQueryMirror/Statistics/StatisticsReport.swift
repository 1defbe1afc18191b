/// What a learner did, day by day and in all. Days are those of UTC.
public struct StatisticsReport: Sendable, Codable, Equatable {
  public enum Source: String, Sendable, Codable {
    case bigquery, postgresql
  }

  public struct Figures: Sendable, Codable, Equatable {
    /// Dialogue sessions that began.
    public var sessions = 0
    /// Problems attempted, each time counted.
    public var problems = 0
    /// Those solved without help.
    public var solvedAlone = 0
    public var hints = 0
    public var points = 0
    public var timeSpentSeconds = 0

    enum CodingKeys: String, CodingKey {
      case sessions, problems, hints, points
      case solvedAlone = "solved_alone"
      case timeSpentSeconds = "time_spent_seconds"
    }

    static func + (left: Figures, right: Figures) -> Figures {
      Figures(
        sessions: left.sessions + right.sessions, problems: left.problems + right.problems,
        solvedAlone: left.solvedAlone + right.solvedAlone, hints: left.hints + right.hints,
        points: left.points + right.points,
        timeSpentSeconds: left.timeSpentSeconds + right.timeSpentSeconds)
    }
  }

  public struct Day: Sendable, Codable, Equatable {
    /// `YYYY-MM-DD`.
    public let day: String
    public let figures: Figures

    init(day: String, figures: Figures) {
      self.day = day
      self.figures = figures
    }

    private enum CodingKeys: String, CodingKey {
      case day
    }

    /// The figures stand beside the day.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(day, forKey: .day)
      try figures.encode(to: encoder)
    }

    public init(from decoder: any Decoder) throws {
      day = try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .day)
      figures = try Figures(from: decoder)
    }
  }

  public let userID: String
  public let source: Source
  /// When the figures were asked for, RFC 3339.
  public let generatedAt: String
  public let totals: Figures
  /// Every day of the period, oldest first; today is the last.
  public let days: [Day]

  enum CodingKeys: String, CodingKey {
    case userID = "user_id"
    case generatedAt = "generated_at"
    case source, totals, days
  }
}
