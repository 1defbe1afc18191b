/// Collects what learners did with a cell, for its statistics.
struct CellTally {
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
