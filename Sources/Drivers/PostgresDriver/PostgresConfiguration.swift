import Concurrency

/// How to reach a PostgreSQL server, and how long to wait for it.
public struct PostgresConfiguration: Sendable, CustomStringConvertible {
  /// Whose the server's sessions are.
  public enum Pooling: String, Sendable, CaseIterable {
    /// A connection is a session.
    case none
    /// Between us and the server is a pooler such as pgbouncer in transaction mode, which lends a session for
    /// one transaction. What is to outlive that must not be: statements are not prepared, and settings are
    /// made in each transaction, for in the session they would be somebody else's next.
    case transaction
  }

  /// A connection URI (`postgresql://user@host:5432/database`) or a `key=value` string, as libpq takes
  /// it. What it sets wins over the defaults here. It may hold a password: never log it.
  public var url: String
  /// Shown in `pg_stat_activity`, unless `url` names one.
  public var applicationName: String
  /// The longest wait for a connection, name lookup excepted.
  public var connectTimeout: Duration
  /// The longest wait for one statement's answer; after it the connection is thrown away. The server
  /// is told to give up (`statement_timeout`) a little earlier, so that a merely slow statement costs
  /// no connection.
  public var statementTimeout: Duration
  /// Server settings for the session, such as `["jit": "off"]`.
  public var settings: [String: String]
  public var pooling = Pooling.none

  public init(
    url: String, applicationName: String = "progressbus",
    connectTimeout: Duration = .seconds(5), statementTimeout: Duration = .seconds(30),
    settings: [String: String] = [:]
  ) {
    self.url = url
    self.applicationName = applicationName
    self.connectTimeout = connectTimeout
    self.statementTimeout = statementTimeout
    self.settings = settings
  }

  /// Without `url`, which may hold a password.
  public var description: String { "PostgreSQL for \(applicationName)" }

  /// libpq's parameters, defaults first: where a keyword comes twice, the later value counts, and
  /// `dbname` expands to the whole of `url`
  /// (https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-PQCONNECTSTARTPARAMS).
  var keywords: [(String, String)] {
    [
      ("fallback_application_name", applicationName),
      // A dead peer is noticed even while we only wait for its answer.
      ("keepalives_idle", "10"), ("keepalives_interval", "5"), ("keepalives_count", "3"),
      ("tcp_user_timeout", String(statementTimeout.wholeMilliseconds)),
      ("client_encoding", "UTF8"),
      ("dbname", url),
    ]
  }

  /// The settings that a new session makes, in a fixed order.
  var sessionSettings: [(String, String)] {
    let serverLimit = max(1, statementTimeout.wholeMilliseconds * 9 / 10)
    let defaults = ["statement_timeout": String(serverLimit)]
    return defaults.merging(settings) { $1 }.sorted { $0.key < $1.key }
  }

  /// Begins a transaction that has these settings to itself. What a session sets for its next transactions is
  /// set for this one, and before its first query: later would be too late for the isolation.
  func beginning() -> String {
    let forNext = "default_transaction_"
    func quoted(_ text: String) -> String { "'\(text.replacing("'", with: "''"))'" }
    let own = sessionSettings.filter { $0.0.hasPrefix(forNext) }.map { name, value in
      "; set local transaction_\(name.dropFirst(forNext.count)) = \(quoted(value))"
    }
    let others = sessionSettings.filter { !$0.0.hasPrefix(forNext) }.map { name, value in
      "set_config(\(quoted(name)), \(quoted(value)), true)"
    }
    return "begin\(own.joined()); select \(others.joined(separator: ", "))"
  }
}
