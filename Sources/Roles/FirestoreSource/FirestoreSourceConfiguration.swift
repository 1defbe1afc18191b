/// How the Firestore source works.
public struct FirestoreSourceConfiguration: Sendable {
  /// Between two looks for new completions.
  public var pollInterval = Duration.seconds(10)
  /// How far behind the newest completion a look begins: clocks of those who complete sessions differ, and
  /// a document may come later than one that was completed after it.
  public var overlap = Duration.seconds(120)
  /// Between the ends of two passes over all completed sessions. A query that is ordered by a field does
  /// not find documents without it.
  public var passInterval = Duration.seconds(3_600)
  /// Documents in one page of a query.
  public var pageSize = 300
  /// How long another process waits for one that died.
  public var lease = Duration.seconds(15)
  /// Attempts to write a row to BigQuery after which its failure counts as abandoned.
  public var maximumAttempts = 10

  public init() {}
}
