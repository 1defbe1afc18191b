public import Events

/// Why a learner is in a state.
public struct StateReason: Sendable, Equatable {
  public enum Code: String, Sendable, CaseIterable {
    case onTrack = "on_track"
    case fewSolved = "few_solved"
    case errorsInARow = "errors_in_a_row"
    case nothingSolved = "nothing_solved"
    case askedForHelp = "asked_for_help"
    case noActivity = "no_activity"
    case allSolved = "all_solved"
  }

  public let code: Code
  /// When that began, where it is known.
  public let since: Timestamp?
  /// Errors in a row, or solved cells.
  public let count: Int?

  public init(_ code: Code, since: Timestamp? = nil, count: Int? = nil) {
    self.code = code
    self.since = since
    self.count = count
  }
}
