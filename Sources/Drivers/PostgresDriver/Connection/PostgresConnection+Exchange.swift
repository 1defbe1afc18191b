import CLibPQ
import Concurrency
import Foundation

extension PostgresConnection {
  /// Sends a request and reads its answer to the end; the last result counts.
  ///
  /// - Parameter rows: What a `COPY … FROM STDIN` gets.
  /// - Throws: the first error among the results. When the connection is no longer in step with the
  ///   server, it is closed first.
  func run(
    _ deadline: ContinuousClock.Instant, copying rows: [UInt8]? = nil,
    send: (OpaquePointer) -> Int32
  ) throws(PostgresError) -> PostgresResult {
    guard let handle else {
      throw PostgresError(.connectionLost, "the connection is closed")
    }
    let outcome: Result<PostgresResult, PostgresError>
    do throws(PostgresError) {
      guard send(handle) == 1 else { throw PostgresError(.connectionLost, connection: handle) }
      try flush(handle, deadline)
      outcome = try readResults(handle, deadline, copying: rows)
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

  /// An error in the midst of the rows is reported once all are sent: until then the server skips them.
  private func send(
    _ rows: [UInt8], _ handle: OpaquePointer, _ deadline: ContinuousClock.Instant
  ) throws(PostgresError) {
    // libpq keeps a copy of what it has not sent yet.
    let pieceLength = 1 << 20
    for start in stride(from: 0, to: rows.count, by: pieceLength) {
      let taken = rows[start..<min(start + pieceLength, rows.count)].withUnsafeBytes { piece in
        PQputCopyData(
          handle, piece.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(piece.count))
      }
      guard taken == 1 else { throw PostgresError(.connectionLost, connection: handle) }
      try flush(handle, deadline)
    }
    guard PQputCopyEnd(handle, nil) == 1 else {
      throw PostgresError(.connectionLost, connection: handle)
    }
    try flush(handle, deadline)
  }

  private func readResults(
    _ handle: OpaquePointer, _ deadline: ContinuousClock.Instant, copying rows: [UInt8]?
  ) throws(PostgresError) -> Result<PostgresResult, PostgresError> {
    var outcome: Result<PostgresResult, PostgresError>?
    var rows = rows
    while let result = try nextResult(handle, deadline) {
      defer { PQclear(result) }
      switch PQresultStatus(result) {
      case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
        if case .failure = outcome { continue }
        outcome = .success(PostgresResult(copying: result))
      case PGRES_COPY_IN where rows != nil:
        if let rows { try send(rows, handle, deadline) }
        rows = nil
      case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
        // Results would go on for ever.
        throw PostgresError(
          .invalidParameter, "COPY is supported from the client only, by its own method")
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

/// Waits for a connection's socket with a deadline, since libpq itself waits for ever.
enum Socket {
  enum Readiness {
    case readable, writable, either
  }

  /// How long a cancelled task may go on waiting.
  private static let cancellationInterval: Int64 = 100

  /// Blocks the thread until the socket is ready.
  ///
  /// - Throws: `timedOut` at the deadline; `cancelled` when the task is.
  static func wait(
    _ descriptor: Int32, for readiness: Readiness, until deadline: ContinuousClock.Instant
  ) throws(PostgresError) {
    var entry = pollfd(fd: descriptor, events: events(readiness), revents: 0)
    while true {
      let left = ContinuousClock.now.duration(to: deadline).wholeMilliseconds
      guard left > 0 else { throw PostgresError(.timedOut, "the server did not answer in time") }
      guard !Task.isCancelled else { throw PostgresError(.cancelled, "the task was cancelled") }
      let ready = poll(&entry, 1, Int32(min(left, cancellationInterval)))
      if ready > 0 { return }
      if ready < 0, errno != EINTR {
        throw PostgresError(.connectionLost, "poll failed: \(String(cString: strerror(errno)))")
      }
    }
  }

  /// Whether something can be read now: data, or the end of the stream.
  static func isReadable(_ descriptor: Int32) -> Bool {
    var entry = pollfd(fd: descriptor, events: events(.readable), revents: 0)
    return poll(&entry, 1, 0) > 0
  }

  private static func events(_ readiness: Readiness) -> Int16 {
    switch readiness {
    case .readable: Int16(POLLIN)
    case .writable: Int16(POLLOUT)
    case .either: Int16(POLLIN) | Int16(POLLOUT)
    }
  }
}
