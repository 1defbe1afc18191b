public import Events

/// What is known of a learner when the state is told.
public struct LearnerSituation: Sendable, Equatable {
  public var firstSeenAt: Timestamp
  public var lastSeenAt: Timestamp
  /// The last run of any cell without error.
  public var lastSuccessAt: Timestamp?
  /// When the request for help that stands began.
  public var helpSince: Timestamp?
  /// On the cell that ran last.
  public var consecutiveErrors = 0
  public var solvedCells = 0
  /// The notebook's required cells that the learner has not solved yet.
  public var remainingCells = 0
  /// Whether closing the notebook was the last that was heard.
  public var notebookClosed = false

  public init(firstSeenAt: Timestamp, lastSeenAt: Timestamp) {
    self.firstSeenAt = firstSeenAt
    self.lastSeenAt = lastSeenAt
  }
}
