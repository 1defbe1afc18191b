import BlockingExecutor
import CLibPQ
public import Logging

/// One connection to PostgreSQL through libpq, on a thread of its own.
///
/// Its methods block that thread and nothing else. They are not `async`, so a `transaction` is never
/// interleaved with another task's statements. A statement that gets no answer in time, whose task is
/// cancelled, or whose connection breaks closes the connection: it is then done for, make a new one.
public actor PostgresConnection {
  private let executor = BlockingExecutor(name: "postgres")
  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  let configuration: PostgresConfiguration
  /// Begins a transaction in a session that is lent for it; nil where the session is ours.
  let pooledBeginning: String?
  let logger: Logger
  private let notices: NoticeLog
  /// Nil before `open` and once closed.
  private(set) var handle: OpaquePointer?
  var statements = StatementCache()

  private init(_ configuration: PostgresConfiguration, logger: Logger) {
    self.configuration = configuration
    pooledBeginning = configuration.pooling == .transaction ? configuration.beginning() : nil
    self.logger = logger
    self.notices = NoticeLog(logger)
  }

  isolated deinit {
    if let handle { PQfinish(handle) }
  }

  /// Connects and makes the session's settings.
  ///
  /// - Throws: `connectionFailed`, `timedOut`, `cancelled`, or the server's refusal.
  public static func connect(
    _ configuration: PostgresConfiguration, logger: Logger
  ) async throws(PostgresError) -> PostgresConnection {
    let connection = PostgresConnection(configuration, logger: logger)
    try await connection.open()
    return connection
  }

  /// Closes the connection; does nothing when it is closed.
  public func close() {
    if let handle { PQfinish(handle) }
    handle = nil
  }

  /// Whether the connection stands and no transaction is open. Sees a connection that the server has
  /// closed, without asking it.
  public var isReady: Bool {
    guard let handle, PQstatus(handle) == CONNECTION_OK else { return false }
    if Socket.isReadable(PQsocket(handle)) {
      guard PQconsumeInput(handle) == 1, PQstatus(handle) == CONNECTION_OK,
        !Socket.isReadable(PQsocket(handle))
      else { return false }
    }
    return PQtransactionStatus(handle) == PQTRANS_IDLE
  }

  private func open() throws(PostgresError) {
    do {
      try establish()
      try applySettings()
    } catch {
      close()
      throw error
    }
  }

  private func establish() throws(PostgresError) {
    if let fault = PostgresConnectionString.fault(in: configuration.url) {
      throw PostgresError(.connectionFailed, "the connection string \(fault)")
    }
    let deadline = ContinuousClock.now + configuration.connectTimeout
    let keywords = configuration.keywords
    let handle = withCStrings(keywords.map(\.0)) { names in
      withCStrings(keywords.map(\.1)) { values in PQconnectStartParams(names, values, 1) }
    }
    guard let handle else { throw PostgresError(.connectionFailed, "out of memory") }
    self.handle = handle
    guard PQstatus(handle) != CONNECTION_BAD else {
      throw PostgresError(.connectionFailed, connection: handle)
    }
    notices.attach(to: handle)
    // Wait to write before the first poll (libpq documentation, PQconnectPoll).
    var polling = PGRES_POLLING_WRITING
    while polling != PGRES_POLLING_OK {
      switch polling {
      case PGRES_POLLING_READING:
        try Socket.wait(PQsocket(handle), for: .readable, until: deadline)
      case PGRES_POLLING_WRITING:
        try Socket.wait(PQsocket(handle), for: .writable, until: deadline)
      default:
        throw PostgresError(.connectionFailed, connection: handle)
      }
      polling = PQconnectPoll(handle)
    }
    guard PQsetnonblocking(handle, 1) == 0 else {
      throw PostgresError(.connectionFailed, connection: handle)
    }
  }

  private func applySettings() throws(PostgresError) {
    guard configuration.pooling == .none else { return }
    let settings = configuration.sessionSettings
    let calls = settings.indices.map { "set_config($\($0 * 2 + 1), $\($0 * 2 + 2), false)" }
    try query(
      "select \(calls.joined(separator: ", "))",
      settings.flatMap { [.text($0.0), .text($0.1)] }, timeout: configuration.connectTimeout)
  }
}

/// Lends a NULL-terminated array of C strings.
private func withCStrings<Result>(
  _ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
) -> Result {
  func lend(_ index: Int, _ pointers: [UnsafePointer<CChar>?]) -> Result {
    guard index < strings.count else {
      return (pointers + [nil]).withUnsafeBufferPointer { body($0.baseAddress!) }
    }
    return strings[index].withCString { lend(index + 1, pointers + [$0]) }
  }
  return lend(0, [])
}

/// Where the server's notices go. They can quote data, hence debug.
final class NoticeLog: Sendable {
  private let logger: Logger

  init(_ logger: Logger) {
    self.logger = logger
  }

  /// Receives the notices of `connection`, which must be closed before this object goes.
  func attach(to connection: OpaquePointer) {
    PQsetNoticeReceiver(
      connection,
      { context, result in
        guard let context, let result else { return }
        Unmanaged<NoticeLog>.fromOpaque(context).takeUnretainedValue().log(result)
      },
      Unmanaged.passUnretained(self).toOpaque())
  }

  private func log(_ result: OpaquePointer) {
    let notice = PostgresError(result: result)
    logger.debug(
      "notice from PostgreSQL",
      metadata: [
        "sqlstate": "\(notice.sqlState ?? "")", "message": "\(notice.message)",
      ])
  }
}
