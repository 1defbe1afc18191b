import Events
import HTTPServer
import Logging

/// Asks the time series database, and PostgreSQL where that does not answer.
actor ActivityReader {
  /// How long a source that failed is left alone: asking it costs its timeout.
  private static let pause = Duration.seconds(10)

  private let preferred: (any ActivitySource)?
  private let fallback: PostgresActivitySource
  private let position: @Sendable () async -> String?
  private let now: @Sendable () -> Timestamp
  private let logger: Logger
  private var askAgainAt: ContinuousClock.Instant?

  struct Key: Hashable, Sendable {
    let course: String
    let window: ActivityWindow
  }

  init(
    preferred: (any ActivitySource)?, fallback: PostgresActivitySource,
    position: @escaping @Sendable () async -> String?, now: @escaping @Sendable () -> Timestamp,
    logger: Logger
  ) {
    self.preferred = preferred
    self.fallback = fallback
    self.position = position
    self.now = now
    self.logger = logger
  }

  /// - Throws: `Problem` of status 404 for an unknown course, `PostgresError`.
  func activity(_ key: Key) async throws -> Activity {
    let position = await position()
    let takenAt = now()
    let preferred = await preferredActivity(key)
    // Without any activity, the course may be unknown.
    if preferred?.contains(where: { $0.events > 0 }) != true,
      try await !fallback.knows(course: key.course)
    {
      throw Problem.notFound("no event of course \(key.course) is stored")
    }
    if let preferred {
      return Activity(key, source: .influxDB, preferred, position: position, takenAt: takenAt)
    }
    let buckets = try await fallback.activity(course: key.course, in: key.window)
    return Activity(key, source: .postgreSQL, buckets, position: position, takenAt: takenAt)
  }

  private func preferredActivity(_ key: Key) async -> [ActivityBucket]? {
    guard let preferred else { return nil }
    if let askAgainAt, ContinuousClock.now < askAgainAt { return nil }
    do {
      let buckets = try await preferred.activity(course: key.course, in: key.window)
      askAgainAt = nil
      return buckets
    } catch {
      if askAgainAt == nil {
        logger.warning(
          "activity comes from PostgreSQL: InfluxDB does not answer",
          metadata: ["error": "\(error)"])
      }
      askAgainAt = .now + Self.pause
      return nil
    }
  }
}
