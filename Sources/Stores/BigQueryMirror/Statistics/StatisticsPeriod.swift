import Foundation

/// Whole days in UTC, the last of which is today.
struct StatisticsPeriod: Sendable, Equatable {
  static let longest = 366

  /// `YYYY-MM-DD`, oldest first.
  let days: [String]
  /// The first moment, and the first one after, as timestamps.
  let from: String
  let until: String

  /// - Parameter days: from 1 to `longest`.
  init(days count: Int, endingAt now: Date) {
    precondition((1...Self.longest).contains(count), "a period has 1 to 366 days")
    let today = Int64((now.timeIntervalSince1970 / 86_400).rounded(.down))
    days = (0..<count).map { Self.name(of: today - Int64(count - 1 - $0)) }
    from = Self.name(of: today - Int64(count - 1)) + "T00:00:00Z"
    until = Self.name(of: today + 1) + "T00:00:00Z"
  }

  private static func name(of day: Int64) -> String {
    Date(timeIntervalSince1970: Double(day) * 86_400)
      .formatted(.iso8601.year().month().day())
  }
}
