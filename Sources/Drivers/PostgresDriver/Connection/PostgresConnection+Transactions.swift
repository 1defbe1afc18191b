import CLibPQ
import Logging

extension PostgresConnection {
  /// Runs `body` in a transaction: committed when it returns, rolled back when it throws. `body` is
  /// not `async`, so no other task's statement can slip in.
  public func transaction<Value: Sendable>(
    _ body: @Sendable (isolated PostgresConnection) throws(PostgresError) -> Value
  ) throws(PostgresError) -> Value {
    try query("begin")
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

  /// A rollback that fails leaves a connection in an unknown state: it is closed, which rolls back too.
  private func rollBack() {
    guard handle != nil else { return }
    do {
      try query("rollback")
    } catch {
      logger.debug("rollback failed, connection closed", metadata: ["error": "\(error)"])
      close()
    }
  }
}
