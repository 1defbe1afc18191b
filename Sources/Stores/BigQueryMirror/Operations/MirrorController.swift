public import CurlTransport
import Foundation
public import Logging
public import PostgresDriver

/// Everything that operators and other parts ask of the mirror. Safe from any task; works, as far as it
/// can, while the mirror is off.
public struct MirrorController: Sendable {
  let configuration: MirrorConfiguration
  let isEnabled: Bool
  let store: MirrorStore
  let parts: MirrorParts
  let transport: any HTTPTransport
  let logger: Logger
  private let alerts: AlertMonitor

  /// - Parameters:
  ///   - pool: at least two connections.
  ///   - environment: where credentials are looked for.
  public init(
    configuration: MirrorConfiguration, isEnabled: Bool, pool: PostgresPool,
    transport: any HTTPTransport, environment: [String: String], logger: Logger
  ) {
    self.configuration = configuration
    self.isEnabled = isEnabled
    self.transport = transport
    self.logger = logger
    store = MirrorStore(pool: pool, pseudonymizedTables: configuration.pseudonymizedTables)
    parts = MirrorParts(
      configuration: configuration, store: store, transport: transport, environment: environment,
      logger: logger)
    alerts = AlertMonitor(
      rule: AlertRule(
        pendingLimit: configuration.pendingWarning, failedLimit: configuration.failedAlert),
      webhook: configuration.alertWebhookURL.map { AlertWebhook(url: $0, transport: transport) },
      logger: logger)
  }

  /// Proves that the mirror can start: salt and credentials are there. Does nothing while it is off.
  ///
  /// - Throws: `MirrorError`, or `PostgresError`.
  public func prepare() async throws {
    if isEnabled { _ = try await engine() }
  }

  /// - Throws: `MirrorError.disabled` and what `prepare` throws.
  func engine() async throws -> MirrorEngine {
    guard isEnabled else { throw MirrorError.disabled }
    return try await parts.engine()
  }

  /// The figures.
  ///
  /// - Throws: `PostgresError`.
  public func status() async throws -> MirrorStatus {
    try await store.status(enabled: isEnabled)
  }

  /// Sends every row that is ready, now. Rows that wait for another try keep waiting.
  ///
  /// - Throws: `MirrorError`, or `PostgresError`.
  public func flush() async throws -> FlushReport {
    let engine = try await engine()
    try await store.startQueues()
    let counts = try await engine.drainAll()
    let status = try await status()
    return FlushReport(
      synced: counts.synced, retried: counts.retried, failed: counts.failed,
      pending: status.totals.pending)
  }

  /// Puts what was given up back on the queue.
  ///
  /// - Parameter ids: of the failures that are meant; nil for all.
  /// - Throws: `PostgresError`.
  public func retry(_ ids: [Int64]? = nil) async throws -> RetryReport {
    RetryReport(requeued: try await store.retryFailures(ids))
  }

  /// Forgets what was given up.
  ///
  /// - Parameter ids: of the failures that are meant; nil for all.
  /// - Throws: `PostgresError`.
  public func clearFailed(_ ids: [Int64]? = nil) async throws -> ClearReport {
    ClearReport(cleared: try await store.clearFailures(ids))
  }

  /// How the mirror is, judged by the queue and by this process' last calls.
  ///
  /// - Throws: `PostgresError`.
  public func health() async throws -> MirrorHealth {
    let status = try await status()
    let failing = await parts.failingTables(times: 3)
    return .judge(
      status, failingTables: failing, configuration: configuration)
  }

  /// Looks after what needs no hurry: adds up figures, shows them, raises alerts.
  func watch() async throws {
    try await store.fold()
    let status = try await status()
    MirrorMetrics.show(status)
    await alerts.look(at: status.totals)
  }
}

/// The answer to a flush.
public struct FlushReport: Sendable, Encodable, Equatable {
  public let synced: Int
  /// Rows that wait for another try.
  public let retried: Int
  /// Rows that were given up.
  public let failed: Int
  /// Rows on the queue afterwards.
  public let pending: Int
}

/// The answer to a retry.
public struct RetryReport: Sendable, Encodable, Equatable {
  /// Failures that are on the queue again.
  public let requeued: Int
}

/// The answer to clearing the failures.
public struct ClearReport: Sendable, Encodable, Equatable {
  public let cleared: Int
}
