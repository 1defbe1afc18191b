public import CoreMetrics
public import Firestore
import Foundation
public import Logging
public import Observability
public import PostgresDriver
public import ServiceLifecycle
import Synchronization

/// Role `firestore-source`: puts completed sessions of Firestore on the bus, and tells their documents what
/// became of them. Several processes may run it; one reads at a time.
public struct FirestoreSource: Service {
  /// Before something that failed is tried again.
  private static let pauseAfterFailure = Duration.seconds(2)
  private static let reportInterval = Duration.seconds(1)

  private let configuration: FirestoreSourceConfiguration
  private let reader: CompletionReader
  private let reporter: SessionReporter
  private let logger: Logger
  private let failures = CurrentFailures()

  /// Connects to nothing yet.
  public init(
    configuration: FirestoreSourceConfiguration, rules: CompletionRules,
    database: FirestoreDatabase, pool: PostgresPool, publisher: CompletedSessionPublisher,
    metrics: any MetricsFactory, logger: Logger
  ) {
    self.configuration = configuration
    self.logger = logger
    let metrics = FirestoreSourceMetrics(metrics)
    reporter = SessionReporter(
      configuration: configuration, database: database, store: OutcomeStore(pool: pool),
      metrics: metrics, logger: logger)
    reader = CompletionReader(
      configuration: configuration, rules: rules, database: database,
      store: SourceStore(
        pool: pool, database: database.root.replacing("/documents", with: ""), holder: UUID()),
      publisher: publisher, reporter: reporter, metrics: metrics, logger: logger)
  }

  /// Degraded while Firestore, PostgreSQL or the bus does not answer.
  public func registerCheck(in health: HealthRegistry) async {
    await health.register("firestore", isRequired: false) { [failures] in
      guard let failure = failures.newest else { return HealthCheckResult(.ok) }
      return HealthCheckResult(.degraded, detail: failure)
    }
  }

  /// Runs until graceful shutdown or cancellation.
  public func run() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        await repeatedly("reading completed sessions", every: configuration.pollInterval) {
          try await reader.look()
        }
        // Another process need not wait for the lease to end.
        try? await reader.store.release()
      }
      group.addTask {
        var isStarted = false
        await repeatedly("telling documents of outcomes", every: Self.reportInterval) {
          if !isStarted {
            try await reporter.store.start()
            isStarted = true
          }
          while try await reporter.tellBatch(), !Task.isShuttingDownGracefully {}
        }
      }
    }
  }

  private func repeatedly(
    _ what: String, every interval: Duration, _ body: () async throws -> Void
  ) async {
    while !Task.isCancelled, !Task.isShuttingDownGracefully {
      do {
        try await body()
        failures.clear(what)
      } catch is CancellationError {
        return
      } catch {
        failures.set(what, "\(error)")
        logger.warning("\(what) failed", metadata: ["error": "\(error)"])
        await pause(Self.pauseAfterFailure)
      }
      await pause(interval)
    }
  }

  /// Woken early by shutdown or cancellation, which the loop looks for.
  private func pause(_ duration: Duration) async {
    try? await cancelWhenGracefulShutdown { try await Task.sleep(for: duration) }
  }
}

/// What fails at present, by what it is.
private final class CurrentFailures: Sendable {
  private let failures = Mutex<[String: String]>([:])

  var newest: String? {
    failures.withLock { failures in
      failures.isEmpty
        ? nil
        : failures.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
          .joined(separator: "; ")
    }
  }

  func set(_ what: String, _ error: String) { failures.withLock { $0[what] = error } }
  func clear(_ what: String) { failures.withLock { $0[what] = nil } }
}

/// How the Firestore source works.
public struct FirestoreSourceConfiguration: Sendable {
  /// Between two looks for new completions.
  public var pollInterval = Duration.seconds(10)
  /// How far behind the newest completion a look begins: clocks of those who complete sessions differ, and
  /// a document may come later than one that was completed after it.
  public var overlap = Duration.seconds(120)
  /// Between the ends of two passes over all completed sessions. A query that is ordered by a field does
  /// not find documents without it.
  public var passInterval = Duration.seconds(3_600)
  /// Documents in one page of a query.
  public var pageSize = 300
  /// How long another process waits for one that died.
  public var lease = Duration.seconds(15)
  /// Attempts to write a row to BigQuery after which its failure counts as abandoned.
  public var maximumAttempts = 10

  public init() {}
}
