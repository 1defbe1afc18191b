public import Logging
public import PostgresDriver

/// The database as the read API uses it: reads only, with a bounded wait.
public struct ReadDatabase: Sendable {
  let pool: PostgresPool

  /// Connects to nothing yet.
  ///
  /// - Parameter size: the most connections. Cached answers need none, so a few serve many pages.
  public init(_ configuration: PostgresConfiguration, size: Int = 4, logger: Logger) {
    var configuration = configuration
    configuration.applicationName = "progressbus-dashboard"
    configuration.connectTimeout = .seconds(2)
    configuration.statementTimeout = .seconds(5)
    configuration.settings.merge([
      "TimeZone": "UTC", "DateStyle": "ISO",
      "default_transaction_read_only": "on",
      // Statements of one answer see the same moment.
      "default_transaction_isolation": "repeatable read",
      // Compiling takes longer than these statements; a plan made for one course fits no other; and
      // a class's rows are in memory.
      "jit": "off", "plan_cache_mode": "force_custom_plan", "random_page_cost": "1.1",
      "work_mem": "16MB",
    ]) { _, ours in ours }
    pool = PostgresPool(configuration, size: size, waitTimeout: .seconds(2), logger: logger)
  }

  /// Ends when its statements have.
  public func close() async { await pool.close() }
}
