public import CoreMetrics
public import Firestore
import Foundation
import GoogleCalls
public import Logging
public import Observability
public import PostgresDriver
public import ServiceLifecycle
import Sessions
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
  private let metrics: FirestoreSourceMetrics
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
    self.metrics = metrics
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
        await repeatedly(.read, every: configuration.pollInterval) {
          try await reader.look()
          return true
        }
        // Another process need not wait for the lease to end.
        try? await reader.store.release()
      }
      group.addTask {
        var isStarted = false
        await repeatedly(.tell, every: Self.reportInterval) {
          if !isStarted {
            try await reporter.store.start()
            isStarted = true
          }
          while try await reporter.tellBatch(), !Task.isShuttingDownGracefully {}
          // What Firestore did not take waits; that nothing else is to be told says nothing.
          return try await !reporter.store.isPostponed()
        }
      }
    }
  }

  /// - Parameter body: returns whether it works, as far as that was seen.
  private func repeatedly(
    _ operation: FirestoreOperation, every interval: Duration, _ body: () async throws -> Bool
  ) async {
    while !Task.isCancelled, !Task.isShuttingDownGracefully {
      do {
        if try await body() {
          failures.clear(operation.words)
          metrics.failing(operation).set(0)
        }
      } catch is CancellationError {
        return
      } catch {
        let isFirestore = error is GoogleCallError || error is SessionStoreError
        let reason = isFirestore ? "Firestore: \(error)" : "\(error)"
        failures.set(operation.words, reason)
        metrics.failing(operation).set(1)
        logger.warning("\(operation.words) failed", metadata: ["error": "\(reason)"])
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

/// What the source does, as metrics name it.
enum FirestoreOperation: String, CaseIterable {
  case read, tell

  var words: String {
    switch self {
    case .read: "reading completed sessions"
    case .tell: "telling documents of outcomes"
    }
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
  /// Bytes of a page, so that large documents do not fill the memory: a page of more is read in halves. One
  /// document takes at most 6 MiB: it has 1 MiB, each byte of which can need 6 in JSON.
  public var pageBytes = 16 << 20
  /// How long another process waits for one that died.
  public var lease = Duration.seconds(15)
  /// Attempts to write a row to BigQuery after which its failure counts as abandoned.
  public var maximumAttempts = 10

  public init() {}
}
