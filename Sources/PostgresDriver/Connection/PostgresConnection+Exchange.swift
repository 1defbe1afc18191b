import CLibPQ

extension PostgresConnection {
  /// Sends a request and reads its answer to the end; the last result counts.
  ///
  /// - Throws: the first error among the results. When the connection is no longer in step with the
  ///   server, it is closed first.
  func run(
    _ deadline: ContinuousClock.Instant, send: (OpaquePointer) -> Int32
  ) throws(PostgresError) -> PostgresResult {
    guard let handle else {
      throw PostgresError(.connectionLost, "the connection is closed")
    }
    let outcome: Result<PostgresResult, PostgresError>
    do throws(PostgresError) {
      guard send(handle) == 1 else { throw PostgresError(.connectionLost, connection: handle) }
      try flush(handle, deadline)
      outcome = try readResults(handle, deadline)
    } catch {
      close()
      throw error
    }
    if PQstatus(handle) == CONNECTION_BAD { close() }
    return try outcome.get()
  }

  /// Sends what libpq has queued. Reads in between, or both sides could wait with full buffers
  /// (libpq documentation, PQflush).
  private func flush(
    _ handle: OpaquePointer, _ deadline: ContinuousClock.Instant
  ) throws(PostgresError) {
    while true {
      switch PQflush(handle) {
      case 0: return
      case 1:
        try Socket.wait(PQsocket(handle), for: .either, until: deadline)
        guard PQconsumeInput(handle) == 1 else {
          throw PostgresError(.connectionLost, connection: handle)
        }
      default: throw PostgresError(.connectionLost, connection: handle)
      }
    }
  }

  private func readResults(
    _ handle: OpaquePointer, _ deadline: ContinuousClock.Instant
  ) throws(PostgresError) -> Result<PostgresResult, PostgresError> {
    var outcome: Result<PostgresResult, PostgresError>?
    while let result = try nextResult(handle, deadline) {
      defer { PQclear(result) }
      switch PQresultStatus(result) {
      case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
        if case .failure = outcome { continue }
        outcome = .success(PostgresResult(copying: result))
      case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
        // Results would go on for ever; nothing here speaks the COPY protocol.
        throw PostgresError(.invalidParameter, "COPY from or to the client is not supported")
      default:
        if case .failure = outcome { continue }
        outcome = .failure(PostgresError(result: result))
      }
    }
    guard let outcome else { throw PostgresError(.connectionLost, connection: handle) }
    return outcome
  }

  private func nextResult(
    _ handle: OpaquePointer, _ deadline: ContinuousClock.Instant
  ) throws(PostgresError) -> OpaquePointer? {
    while PQisBusy(handle) == 1 {
      try Socket.wait(PQsocket(handle), for: .readable, until: deadline)
      guard PQconsumeInput(handle) == 1 else {
        throw PostgresError(.connectionLost, connection: handle)
      }
    }
    return PQgetResult(handle)
  }
}
