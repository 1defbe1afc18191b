import Events

/// A cell of a notebook's record.
struct RecordedCell: Sendable {
  let id: String
  var firstRunAt: Timestamp
  var statistics = CellStatistics()
  /// Whether learners' work on it changed since the statistics were told.
  var isStale = true
}
