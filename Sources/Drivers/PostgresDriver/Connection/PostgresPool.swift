public import Logging

/// A few connections to one server, made when they are needed and used by one task at a time.
public actor PostgresPool {
  public nonisolated let configuration: PostgresConfiguration
  private let waitTimeout: Duration
  private let logger: Logger
  private var idle: [PostgresConnection] = []
  /// Connections that may still be taken.
  private var free: Int
  private var queue = WaitingQueue()
  private var isClosed = false

  /// Connects to nothing yet.
  ///
  /// - Parameters:
  ///   - size: the most connections, at least 1.
  ///   - waitTimeout: how long a task waits for a connection that another holds.
  public init(
    _ configuration: PostgresConfiguration, size: Int = 4, waitTimeout: Duration = .seconds(5),
    logger: Logger
  ) {
    precondition(size > 0, "a pool needs at least one connection")
    self.configuration = configuration
    self.waitTimeout = waitTimeout
    self.logger = logger
    self.free = size
  }

  /// Lends a connection to `body`; it is thrown away afterwards when it broke, or when `body` left a
  /// transaction open. When `body` throws what may lie in the session, all idle ones go with it: they are
  /// as old.
  ///
  /// - Throws: `PostgresError` of kind `poolExhausted` when no connection came free in time, whatever
  ///   `PostgresConnection.connect` throws, and what `body` throws.
  public func withConnection<Value: Sendable>(
    _ body: @Sendable (PostgresConnection) async throws -> Value
  ) async throws -> Value {
    let connection = try await lease()
    do {
      let value = try await body(connection)
      await giveBack(connection)
      return value
    } catch {
      await giveBack(connection, after: error as? PostgresError)
      throw error
    }
  }

  /// Runs one statement on a connection of the pool.
  @discardableResult
  public func query(
    _ sql: String, _ parameters: [PostgresValue] = []
  ) async throws(PostgresError) -> PostgresResult {
    try await withLease { connection async throws(PostgresError) in
      try await connection.query(sql, parameters)
    }
  }

  /// Runs `body` in a transaction on a connection of the pool.
  public func transaction<Value: Sendable>(
    _ body: @Sendable (isolated PostgresConnection) throws(PostgresError) -> Value
  ) async throws(PostgresError) -> Value {
    try await withLease { connection async throws(PostgresError) in
      try await connection.transaction(body)
    }
  }

  /// Closes idle connections, those lent out when they come back, and refuses everything from now on.
  public func close() async {
    isClosed = true
    queue.failAll(Self.closedError)
    await closeIdle()
  }

  private func closeIdle() async {
    let connections = idle
    idle = []
    for connection in connections { await connection.close() }
  }

  private func withLease<Value: Sendable>(
    _ body: (PostgresConnection) async throws(PostgresError) -> Value
  ) async throws(PostgresError) -> Value {
    let connection = try await lease()
    do throws(PostgresError) {
      let value = try await body(connection)
      await giveBack(connection)
      return value
    } catch {
      await giveBack(connection, after: error)
      throw error
    }
  }

  private func lease() async throws(PostgresError) -> PostgresConnection {
    try await takePlace()
    while let connection = idle.popLast() {
      if await connection.isReady { return connection }
      await connection.close()
    }
    do throws(PostgresError) {
      return try await PostgresConnection.connect(configuration, logger: logger)
    } catch {
      givePlaceBack()
      throw error
    }
  }

  private func giveBack(
    _ connection: PostgresConnection, after error: PostgresError? = nil
  ) async {
    let isSuspect = error?.mayLieInSession ?? false
    if isSuspect { await closeIdle() }
    if !isSuspect, await connection.isReady, !isClosed {
      idle.append(connection)
    } else {
      await connection.close()
    }
    givePlaceBack()
  }

  private func takePlace() async throws(PostgresError) {
    guard !isClosed else { throw Self.closedError }
    if free > 0 {
      free -= 1
      return
    }
    let ticket = queue.makeTicket()
    let timeout = Task { [waitTimeout] in
      try await Task.sleep(for: waitTimeout)
      self.giveUp(
        ticket,
        PostgresError(.poolExhausted, "no connection came free within \(waitTimeout)"))
    }
    defer { timeout.cancel() }
    let outcome = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        queue.add(ticket, continuation)
        // The handler below ran too early if the task was cancelled before this.
        if Task.isCancelled { giveUp(ticket, Self.cancelledError) }
      }
    } onCancel: {
      Task { await self.giveUp(ticket, Self.cancelledError) }
    }
    try outcome.get()
  }

  private func givePlaceBack() {
    if !queue.admitNext() { free += 1 }
  }

  private func giveUp(_ ticket: WaitingQueue.Ticket, _ error: PostgresError) {
    queue.fail(ticket, error)
  }

  private static let closedError = PostgresError(.poolExhausted, "the pool is closed")
  private static let cancelledError = PostgresError(.cancelled, "the task was cancelled")
}

/// The tasks that wait for a connection, first come, first served.
struct WaitingQueue {
  typealias Ticket = UInt64
  typealias Continuation = CheckedContinuation<Result<Void, PostgresError>, Never>

  private var nextTicket: Ticket = 0
  private var waiting: [(ticket: Ticket, continuation: Continuation)] = []

  mutating func makeTicket() -> Ticket {
    nextTicket += 1
    return nextTicket
  }

  mutating func add(_ ticket: Ticket, _ continuation: Continuation) {
    waiting.append((ticket, continuation))
  }

  /// Passes a place to the first in the queue; false when nobody waits.
  mutating func admitNext() -> Bool {
    guard !waiting.isEmpty else { return false }
    waiting.removeFirst().continuation.resume(returning: .success(()))
    return true
  }

  /// Does nothing when the ticket has been served.
  mutating func fail(_ ticket: Ticket, _ error: PostgresError) {
    guard let index = waiting.firstIndex(where: { $0.ticket == ticket }) else { return }
    waiting.remove(at: index).continuation.resume(returning: .failure(error))
  }

  mutating func failAll(_ error: PostgresError) {
    let all = waiting
    waiting = []
    for waiter in all { waiter.continuation.resume(returning: .failure(error)) }
  }
}
