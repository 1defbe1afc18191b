public import Logging

extension PostgresPool {
  /// A pool for what somebody waits for: each step gives up after seconds.
  ///
  /// - Parameters:
  ///   - name: what PostgreSQL's views of its sessions call it, behind `progressbus-`.
  ///   - statementTimeout: of each statement.
  public init(
    answering name: String, _ configuration: PostgresConfiguration, size: Int,
    statementTimeout: Duration = .seconds(5), logger: Logger
  ) {
    var configuration = configuration
    configuration.applicationName = "progressbus-\(name)"
    configuration.connectTimeout = .seconds(2)
    configuration.statementTimeout = statementTimeout
    self.init(configuration, size: size, waitTimeout: .seconds(2), logger: logger)
  }
}
