public import CoreMetrics
import Cryptography
public import EventBus
import Events
import JSONText
public import Logging
import Observability
import PostgresDriver
public import ServiceLifecycle

/// Looks after the classes that are at work, whether a page is open or not, so that an alert on a class is a metric
/// and a webhook as well. What stands in metrics and log names no course and no learner.
public struct ClassAlertWatcher: Service {
  /// Between two looks.
  private static let interval = Duration.seconds(5)
  /// The most classes of one look; those in which most fail come first.
  private static let maximumCourses = 200
  /// A cause that comes back within so long is the same. The page has it, too (`AlertMemory`).
  private static let quietAfterwards = Duration.seconds(300)

  private let database: ReadDatabase
  private let reader: ClassroomReader
  private let rules: ClassAlertRules
  private let claims: RedisCache
  private let webhook: ClassAlertWebhook?
  private let raised: Counter
  private let standing: Meter
  private let logger: Logger

  /// - Parameters:
  ///   - database: the watcher's own, which it closes.
  ///   - claims: where the processes of a deployment agree on who raises an alert, over their restarts.
  ///   - webhook: the watcher's own as well.
  public init(
    database: ReadDatabase, rules: ClassAlertRules, claims: RedisCache,
    webhook: ClassAlertWebhook?, metrics: any MetricsFactory, logger: Logger
  ) {
    self.database = database
    self.rules = rules
    self.claims = claims
    self.webhook = webhook
    self.logger = logger
    raised = ProgressBusMetric.classAlertsRaised.counter(in: metrics)
    standing = ProgressBusMetric.classAlerts.gauge(in: metrics)
    standing.set(0)
    reader = ClassroomReader(
      database: database, rules: .standard, alertRules: rules,
      records: NotebookRecordCache(capacity: 200_000), position: { nil }, now: { .now() })
  }

  public func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        do {
          try await look()
        } catch {
          // PostgreSQL and Redis are looked after elsewhere, and told of when they are away.
          logger.debug("the classes were not looked at", metadata: ["error": "\(error)"])
        }
        await webhook?.deliver()
        do { try await Task.sleep(for: Self.interval) } catch { break }
      }
    }
    await giveBack(await webhook?.close() ?? [])
    await database.close()
  }

  /// Lets another process tell what this one could not.
  private func giveBack(_ untold: [String]) async {
    do {
      try await claims.remove(untold)
    } catch {
      logger.warning(
        "alerts on classes that the webhook has not taken are lost",
        metadata: ["count": "\(untold.count)", "error": "\(error)"])
    }
  }

  private func look() async throws {
    guard rules.learners > 0 else { return }
    var count = 0
    defer { standing.set(count) }
    for course in try await coursesWhereManyFail() {
      do {
        count += try await look(at: course)
      } catch {
        // The other classes are looked at all the same.
        logger.debug("a class was not looked at", metadata: ["error": "\(error)"])
      }
    }
  }

  /// - Returns: how many alerts stand.
  private func look(at course: String) async throws -> Int {
    let snapshot = try await reader.snapshot(ClassroomKey(course: course, notebook: nil))
    for alert in snapshot.alerts {
      let claim = claim(for: alert, of: snapshot)
      guard try await take(claim) else { continue }
      raised.increment()
      logger.notice(
        "many learners of a class fail at one place",
        metadata: ["failing": "\(alert.failing)", "at_work": "\(alert.atWork)"])
      guard let webhook else { continue }
      let title = await cellTitle(of: alert, in: snapshot)
      await webhook.add(alert, of: snapshot, cellTitle: title, claim: claim)
    }
    return snapshot.alerts.count
  }

  /// What the notebook's outline says of the cell. Without an answer the alert goes out all the same.
  private func cellTitle(of alert: ClassAlert, in snapshot: ClassSnapshot) async -> String? {
    guard let cell = alert.cell, let notebook = snapshot.notebook else { return nil }
    do {
      let found = try await OutlineStore(pool: database.pool)
        .outline(of: snapshot.course, for: notebook)
      return found.flatMap { snapshot.cells(in: $0.outline).title(of: cell) }
    } catch {
      logger.debug("an outline was not read", metadata: ["error": "\(error)"])
      return nil
    }
  }

  /// The key that tells who raises the alert. A digest: ids of learners may be part of these names, and the key outlives
  /// an erasure.
  private func claim(for alert: ClassAlert, of snapshot: ClassSnapshot) -> String {
    let digest = SHA256.digest(
      of: [snapshot.course, snapshot.notebook ?? "", alert.cause.text].joined(separator: "\0"))
    return "progress-events:class-alert:" + Base64URL.encode(digest)
  }

  /// Whether this process is the one that raises the alert: nobody has as long as its cause stands, and for a while
  /// afterwards.
  private func take(_ claim: String) async throws(BusError) -> Bool {
    if try await claims.lock(claim, for: Self.quietAfterwards) { return true }
    try await claims.store([UInt8(ascii: "1")], for: claim, lifetime: Self.quietAfterwards)
    return false
  }

  /// Courses in which as many learners as it takes may be failing. It reads all enrollments, which are far fewer than
  /// events, so that most looks read no class.
  private func coursesWhereManyFail() async throws(PostgresError) -> [String] {
    let rows = try await database.pool.query(
      """
      select course_id from (
        select course_id, student_id from enrollments
        where last_executed_at > now() - make_interval(secs => $1)
          and (last_success_at < last_executed_at) is not false
        union
        select course_id, student_id from exercise_progress
        where last_checked_at > now() - make_interval(secs => $1) and failures_in_a_row > 0
      ) as failing
      group by course_id having count(*) >= $2
      order by count(*) desc limit \(Self.maximumCourses)
      """, [.integer(Int64(rules.seconds)), .integer(Int64(rules.learners))]
    ).rows
    var courses: [String] = []
    for row in rows { courses.append(try RowReader(row).text(0)) }
    return courses
  }
}
