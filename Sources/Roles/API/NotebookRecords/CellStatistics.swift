import JSONText

/// Collects what learners did with a cell, for its statistics.
struct CellStatisticsAccumulator {
  private var milliseconds: [Double] = []
  private var learnersByError: [Int32: Int] = [:]

  mutating func add(_ work: CellWork) {
    if let duration = work.milliseconds { milliseconds.append(duration) }
    if let error = work.error { learnersByError[error, default: 0] += 1 }
  }

  /// - Parameter errorNames: by number.
  consuming func statistics(errorNames: [String]) -> CellStatistics {
    milliseconds.sort()
    var statistics = CellStatistics()
    statistics.medianMilliseconds = Self.percentile(0.5, of: milliseconds)
    statistics.p90Milliseconds = Self.percentile(0.9, of: milliseconds)
    for (error, learners) in learnersByError {
      let name = errorNames[Int(error)]
      let isMoreCommon =
        learners > statistics.learnersWithCommonError
        || learners == statistics.learnersWithCommonError
          && statistics.commonError.map { name.precedes($0) } ?? true
      if isMoreCommon {
        statistics.commonError = name
        statistics.learnersWithCommonError = learners
      }
    }
    return statistics
  }

  /// As PostgreSQL's `percentile_cont`: between two values, in proportion.
  static func percentile(_ share: Double, of sorted: [Double]) -> Double? {
    guard !sorted.isEmpty else { return nil }
    let place = share * Double(sorted.count - 1)
    let lower = Int(place.rounded(.down))
    let upper = Int(place.rounded(.up))
    return sorted[lower] + (place - Double(lower)) * (sorted[upper] - sorted[lower])
  }
}

/// What changes slowly about a cell.
struct CellStatistics: Sendable {
  /// Of each learner's last run.
  var medianMilliseconds: Double?
  var p90Milliseconds: Double?
  /// The most common among the learners' last errors.
  var commonError: String?
  var learnersWithCommonError = 0
}

/// How far a learner is with a cell, as a letter of `cell_states`.
enum CellState: UInt8 {
  case notRun = 0x2E  // .
  /// Run, but never without error.
  case failed = 0x65  // e
  case solved = 0x73  // s
  /// Solved earlier, but the last run failed.
  case failedAgain = 0x78  // x

  var isSolved: Bool { self == .solved || self == .failedAgain }
  var isFailing: Bool { self == .failed || self == .failedAgain }
}
