/// What BigQuery says about one row that it did not take.
enum RowFault: Equatable {
  /// Fine in itself: another row of the call held it up.
  case stopped
  case quotaExceeded
  case transient(String)
  /// Wrong for good.
  ///
  /// - Parameters:
  ///   - full: as Google says it, which can quote the row.
  ///   - public: reason and column alone.
  case invalid(full: String, public: String)

  /// Which of several faults of one row counts.
  var severity: Int {
    switch self {
    case .stopped: 0
    case .quotaExceeded: 1
    case .transient: 2
    case .invalid: 3
    }
  }
}
