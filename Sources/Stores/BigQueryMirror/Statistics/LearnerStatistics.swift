import Concurrency
import Cryptography
import Events
public import Foundation
import PostgresDriver

/// Statistics of single learners: from BigQuery while the mirror is on, else from PostgreSQL.
public actor LearnerStatistics {
  /// How long an answer is good for.
  public static let lifetime = Duration.seconds(300)
  public static let dayRange = 1...StatisticsPeriod.longest

  private let controller: MirrorController
  private let cache: (any StatisticsCache)?
  private let now: @Sendable () -> Date
  private let answers = SingleFlight<String, StatisticsReport, any Error>()

  /// - Parameter cache: shared by all processes; nil for none.
  public init(
    controller: MirrorController, cache: (any StatisticsCache)?,
    now: @escaping @Sendable () -> Date = { Date() }
  ) {
    self.controller = controller
    self.cache = cache
    self.now = now
  }

  /// What a learner did in the last days, today included. However many ask at the same time, one query
  /// is made.
  ///
  /// - Parameter days: in `dayRange`.
  /// - Throws: `MirrorError`, `PostgresError`, or what the cache throws.
  public func statistics(of user: String, days: Int) async throws -> StatisticsReport {
    let period = StatisticsPeriod(days: days, endingAt: now())
    let source: StatisticsReport.Source = controller.isEnabled ? .bigquery : .postgresql
    let key = Self.cacheKey(source, period, days: days, user: user)
    return try await answers.value(for: key) {
      try await self.answer(user, period, source, key)
    }
  }

  private static func cacheKey(
    _ source: StatisticsReport.Source, _ period: StatisticsPeriod, days: Int, user: String
  ) -> String {
    let hash = SHA256.digest(of: user).lowercaseHex
    return "progressbus:statistics:\(source.rawValue):\(period.from):\(days):\(hash)"
  }

  /// The keys of all answers about a learner that the cache may hold: those of today, and of yesterday a moment ago.
  public static func cacheKeys(of user: String, now: Date) -> [String] {
    [now, now - 86_400].flatMap { end in
      dayRange.flatMap { days in
        let period = StatisticsPeriod(days: days, endingAt: end)
        return [.bigquery, .postgresql].map { source in
          cacheKey(source, period, days: days, user: user)
        }
      }
    }
  }

  private func answer(
    _ user: String, _ period: StatisticsPeriod, _ source: StatisticsReport.Source, _ key: String
  ) async throws -> StatisticsReport {
    guard let cache else { return try await query(user, period, source) }
    // Another process may be asking: its answer is worth waiting for.
    let end = ContinuousClock.now + .seconds(30)
    while true {
      if let known = try await cache.value(for: key) {
        return try JSONDecoder().decode(StatisticsReport.self, from: Data(known))
      }
      if try await cache.lock(key + ":lock", for: .seconds(30)) || .now >= end { break }
      try await Task.sleep(for: .milliseconds(50))
    }
    do {
      let report = try await query(user, period, source)
      try await cache.store(
        Array(try JSONEncoder().encode(report)), for: key, lifetime: Self.lifetime)
      return report
    } catch {
      // Who waits for this answer need not wait for the lock's end; it ends by itself anyway.
      try? await cache.unlock(key + ":lock")
      throw error
    }
  }

  private func query(
    _ user: String, _ period: StatisticsPeriod, _ source: StatisticsReport.Source
  ) async throws -> StatisticsReport {
    let rows =
      switch source {
      case .bigquery: try await controller.statisticsFromBigQuery(of: user, period)
      case .postgresql: try await controller.store.statistics(of: user, period)
      }
    let known = Dictionary(uniqueKeysWithValues: rows.map { ($0.day, $0.figures) })
    let days = period.days.map { StatisticsReport.Day(day: $0, figures: known[$0] ?? .init()) }
    return StatisticsReport(
      userID: user, source: source,
      generatedAt: "\(Timestamp(microseconds: Int64(now().timeIntervalSince1970 * 1e6)))",
      totals: days.reduce(.init()) { $0 + $1.figures }, days: days)
  }
}

extension MirrorController {
  /// Asks the dedup views, with the learner's pseudonym where they hold pseudonyms.
  fileprivate func statisticsFromBigQuery(
    of user: String, _ period: StatisticsPeriod
  ) async throws -> [StatisticsReport.Day] {
    let engine = try await engine()
    let tables = try await store.tables()
    func view(_ source: String) throws -> (name: String, isPseudonymous: Bool) {
      guard let table = tables.first(where: { $0.sourceTable == source }) else {
        throw MirrorError.unreachable("\(source) is not mirrored")
      }
      let dataset = table.dataset ?? configuration.datasetID
      return (
        "\(configuration.projectID).\(dataset).\(TableDesign.dedupName(table.table))",
        table.isPseudonym("user_id")
      )
    }
    let history = try view("learning_history")
    let sessions = try view("dialogue_sessions")
    func name(in view: (name: String, isPseudonymous: Bool)) -> String {
      view.isPseudonymous ? engine.pseudonymizer?.pseudonym(for: user) ?? user : user
    }
    return try await QueryCall(client: engine.client, location: configuration.location).rows(
      StatisticsQuery.bigQuery(history: history.name, sessions: sessions.name),
      [
        .init("history_user", "STRING", name(in: history)),
        .init("session_user", "STRING", name(in: sessions)),
        .init("from", "TIMESTAMP", period.from),
        .init("until", "TIMESTAMP", period.until),
      ]
    ).map(StatisticsQuery.day)
  }
}

extension MirrorStore {
  fileprivate func statistics(
    of user: String, _ period: StatisticsPeriod
  ) async throws -> [StatisticsReport.Day] {
    try await pool.query(
      StatisticsQuery.postgreSQL, [.text(user), .text(period.from), .text(period.until)]
    ).rows.map { row in
      try StatisticsQuery.day(
        try StatisticsQuery.columns.map { try row.optional($0, as: String.self) })
    }
  }
}

/// Keeps answers for a while, for all processes together.
public protocol StatisticsCache: Sendable {
  /// The value under a key, nil when there is none.
  func value(for key: String) async throws -> [UInt8]?

  /// Keeps a value for so long.
  func store(_ value: [UInt8], for key: String, lifetime: Duration) async throws

  /// Takes a lock for so long; false when somebody holds it.
  func lock(_ key: String, for lifetime: Duration) async throws -> Bool

  /// Ends a lock before its time.
  func unlock(_ key: String) async throws
}
