/// What changes slowly about a cell.
struct CellStatistics: Sendable {
  /// Of each learner's last run.
  var medianMilliseconds: Double?
  var p90Milliseconds: Double?
  /// The most common among the learners' last errors.
  var commonError: String?
  var learnersWithCommonError = 0
}
