public import CoreMetrics
public import Events
public import Logging
internal import Observability
public import ServiceLifecycle

/// Deletes what is older than its course keeps it: rows of PostgreSQL, a few at a time, then points of InfluxDB.
public struct CourseRetentionService: Service {
  /// Deletes a course's points that lie before a moment.
  public typealias PointDeletion =
    @Sendable (_ course: String, _ before: Timestamp) async throws ->
    Void

  /// Between two looks.
  private static let interval = Duration.seconds(3600)
  /// Of each table at once, so that nobody waits for a long transaction.
  private static let mostRows = 2_000

  private let store: CourseRetentionStore
  private let deletePoints: PointDeletion?
  private let deleted: Counter
  private let logger: Logger

  /// - Parameters:
  ///   - store: closed when `run` ends.
  ///   - deletePoints: nil where there is no time series, or none that deletes.
  public init(
    store: CourseRetentionStore, deletePoints: PointDeletion?, metrics: any MetricsFactory,
    logger: Logger
  ) {
    self.store = store
    self.deletePoints = deletePoints
    deleted = ProgressBusMetric.retentionDeleted.counter(in: metrics)
    self.logger = logger
  }

  public func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        await enforce()
        do { try await Task.sleep(for: Self.interval) } catch { return }
      }
    }
    await store.close()
  }

  /// Looks at every course once. What could not be deleted is so the next time.
  public func enforce() async {
    let courses: [CourseRetention]
    do { courses = try await store.all() } catch { return note(error) }
    for course in courses {
      do {
        let rows = try await deleteRows(course)
        try await deletePoints?(course.course, .now() - .seconds(Int64(course.days) * 86_400))
        // Whose course it is may be a learner's name; the log says none.
        if rows > 0 {
          logger.info("deleted what a course keeps no longer", metadata: ["rows": "\(rows)"])
        }
      } catch is CancellationError {
        return
      } catch {
        note(error)
      }
    }
  }

  private func note(_ error: any Error) {
    logger.warning(
      "what a course keeps no longer was not deleted; tried again in an hour",
      metadata: ["error": "\(error)"])
  }

  private func deleteRows(_ course: CourseRetention) async throws -> Int {
    var all = 0
    while true {
      try Task.checkCancellation()
      let rows = try await store.deleteExpired(course, rows: Self.mostRows)
      if rows == 0 { return all }
      deleted.increment(by: Int64(rows))
      all += rows
    }
  }
}

extension Timestamp {
  fileprivate static func - (moment: Timestamp, duration: Duration) -> Timestamp {
    Timestamp(microseconds: moment.microseconds - duration.components.seconds * 1_000_000)
  }
}
