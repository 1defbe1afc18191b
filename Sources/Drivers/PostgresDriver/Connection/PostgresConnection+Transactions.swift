import CLibPQ
import Logging

extension PostgresConnection {
  /// Runs `body` in a transaction: committed when it returns, rolled back when it throws. `body` is
  /// not `async`, so no other task's statement can slip in.
  public func transaction<Value: Sendable>(
    _ body: @Sendable (isolated PostgresConnection) throws(PostgresError) -> Value
  ) throws(PostgresError) -> Value {
    try begin()
    let value: Value
    do {
      value = try body(self)
    } catch {
      rollBack()
      throw error
    }
    // COMMIT of a failed transaction rolls back without an error.
    guard let handle, PQtransactionStatus(handle) == PQTRANS_INTRANS else {
      rollBack()
      throw PostgresError(
        .server, "the transaction had failed before its commit", sqlState: "25P02")
    }
    try query("commit")
    return value
  }

  private func begin() throws(PostgresError) {
    guard let pooledBeginning else {
      try query("begin")
      return
    }
    do {
      try executeScript(pooledBeginning)
    } catch {
      rollBack()
      throw error
    }
  }

  /// Whether a statement sent now would be a transaction of its own.
  var isOutsideTransaction: Bool { handle.map { PQtransactionStatus($0) == PQTRANS_IDLE } ?? true }

  /// Lets the rest of a transaction take as long as it needs, whatever the server or the role sets. What
  /// waits for a lock still gives up when it is told to.
  public func liftTimeLimits() throws(PostgresError) {
    try set(["statement_timeout"] + transactionTimeLimits, isLocal: true)
  }

  /// Lets the transactions of the session, and its waits for locks, take as long as they need. Each
  /// statement keeps its limit.
  func liftTransactionTimeLimits() throws(PostgresError) {
    try set(["lock_timeout"] + transactionTimeLimits, isLocal: false)
  }

  private var transactionTimeLimits: [String] {
    Self.transactionTimeLimits(serverVersion: handle.map(PQserverVersion) ?? 0)
  }

  /// - Parameter serverVersion: as `server_version_num`: a server refuses a setting that it does not know.
  static func transactionTimeLimits(serverVersion: Int32) -> [String] {
    ["idle_in_transaction_session_timeout"]
      + (serverVersion >= 170_000 ? ["transaction_timeout"] : [])
  }

  private func set(_ names: [String], isLocal: Bool) throws(PostgresError) {
    let calls = names.map { "set_config('\($0)', '0', \(isLocal))" }
    try query("select \(calls.joined(separator: ", "))")
  }

  /// A rollback that fails leaves a connection in an unknown state: it is closed, which rolls back too.
  private func rollBack() {
    guard handle != nil else { return }
    do {
      // A pooled query would begin a transaction where none is open.
      if configuration.pooling == .transaction {
        try executeScript("rollback")
      } else {
        try query("rollback")
      }
    } catch {
      logger.debug("rollback failed, connection closed", metadata: ["error": "\(error)"])
      close()
    }
  }
}
