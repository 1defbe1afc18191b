import Concurrency
import NIOCore
import RedisDriver

/// A connection that comes back by itself: when it breaks, it is made anew with backoff until it
/// stands. Confined to its event loop.
final class RedisLink {
  private enum State {
    case connecting
    case ready(RedisConnection)
    /// Waiting before the next attempt.
    case down
    case closed
  }

  /// The waits between attempts, for every connection to Redis.
  static let backoff = Backoff(first: .milliseconds(50), longest: .seconds(1))

  let eventLoop: any EventLoop
  private let connector: PrimaryConnector
  private let role: String
  let target: ConnectionTarget
  private let scripts: [RedisScript]
  private let condition: BusCondition
  private var digests: [RedisScript: String] = [:]
  private var state = State.down
  private var failure = BusError.unavailable("not connected to Redis yet")
  private var retries = Retries(RedisLink.backoff)
  private var waiting: [EventLoopPromise<RedisConnection>] = []
  private var retry: Scheduled<Void>?
  /// When this connection's server first answered that it is loading.
  private var loadingSince: NIODeadline?

  /// - Parameters:
  ///   - role: names the connection in `CLIENT LIST`.
  ///   - scripts: loaded into Redis before a connection counts as ready.
  init(
    _ connector: PrimaryConnector, role: String, to target: ConnectionTarget = .partition(0),
    scripts: [RedisScript], eventLoop: any EventLoop, condition: BusCondition
  ) {
    self.target = target
    self.eventLoop = eventLoop
    self.connector = connector
    self.role = role
    self.scripts = scripts + [.tryPublishing]
    self.condition = condition
  }

  /// The connection, when it stands; otherwise why it does not.
  var connection: Result<RedisConnection, BusError> {
    if case .ready(let connection) = state { .success(connection) } else { .failure(failure) }
  }

  /// Waits for the attempt under way, and fails at once between attempts.
  func whenConnected() -> EventLoopFuture<RedisConnection> {
    switch state {
    case .ready(let connection): return eventLoop.makeSucceededFuture(connection)
    case .down, .closed: return eventLoop.makeFailedFuture(failure)
    case .connecting:
      let promise = eventLoop.makePromise(of: RedisConnection.self)
      waiting.append(promise)
      return promise.futureResult
    }
  }

  func connect() {
    guard case .down = state else { return }
    state = .connecting
    let link = NIOLoopBound(self, eventLoop: eventLoop)
    connector.connect(as: role, to: target, on: eventLoop)
      .flatMap { link.value.load(into: $0) }
      .whenComplete { link.value.attemptEnded($0) }
  }

  func close() {
    retry?.cancel()
    failure = .unavailable("the bus was shut down")
    let last = state
    state = .closed
    if case .ready(let connection) = last { connection.close() }
    failWaiting()
  }

  /// Runs the script, by its digest; by its source when Redis has lost it (restart, `SCRIPT FLUSH`), or
  /// this user may not load scripts.
  ///
  /// The future fails with `RedisError`; an error of the script is a reply, and has been judged.
  func run(
    _ call: consuming ScriptCall, on connection: RedisConnection
  ) -> EventLoopFuture<RedisReply> {
    let script = call.script
    let link = NIOLoopBound(self, eventLoop: eventLoop)
    guard let digest = digests[script] else {
      return connection.send(script.bySource(call.byDigest(""))).map { reply in
        if case .error(let error) = reply { link.value.judge(error, on: connection) }
        return reply
      }
    }
    let command = call.byDigest(digest)
    return connection.send(command).flatMap { reply in
      guard case .error(let error) = reply else {
        return connection.eventLoop.makeSucceededFuture(reply)
      }
      guard error.code == "NOSCRIPT" else {
        link.value.judge(error, on: connection)
        return connection.eventLoop.makeSucceededFuture(reply)
      }
      return connection.send(script.bySource(command)).map { reply in
        if case .error(let error) = reply { link.value.judge(error, on: connection) }
        return reply
      }
    }
  }

  /// Closes the connection when the error says that its server is the wrong one; another is made as after
  /// any loss.
  func judge(_ error: RedisServerError, on connection: RedisConnection) {
    // A node has other slots than the one that this was about.
    if case .node = target, RedisErrorMeaning.concernsOneSlot(error) { return }
    switch RedisErrorMeaning(error).connection {
    case .stays: return
    case .ends: break
    case .endsIfItLasts:
      let now = NIODeadline.now()
      guard let loadingSince else {
        loadingSince = now
        return
      }
      guard now - loadingSince > connector.configuration.loadingGrace else { return }
    }
    connection.close(because: error)
    condition.foundWrongServer(error)
  }

  /// Whether an event would be taken now, by this connection.
  ///
  /// The future fails with `BusError`.
  func tryPublishing() -> EventLoopFuture<Void> {
    switch connection {
    case .failure(let error): eventLoop.makeFailedFuture(error)
    case .success(let connection):
      run(connector.configuration.question(target), on: connection).flatMapThrowing { reply in
        if case .error(let error) = reply { throw error }
      }.flatMapErrorThrowing { throw BusError($0) }
    }
  }

  private func load(into connection: RedisConnection) -> EventLoopFuture<RedisConnection> {
    let link = NIOLoopBound(self, eventLoop: eventLoop)
    let loads = scripts.map { connection.send(["SCRIPT", "LOAD", .string($0.source)]) }
    return EventLoopFuture.whenAllSucceed(loads, on: eventLoop).flatMapThrowing { replies in
      for (script, reply) in zip(link.value.scripts, replies) {
        if case .error(let error) = reply, BusError(error).fault != .accessDenied {
          connection.close()
          throw error
        }
        link.value.digests[script] = reply.text
      }
      return connection
    }
  }

  private func attemptEnded(_ result: Result<RedisConnection, any Error>) {
    switch result {
    case .success(let connection):
      guard case .connecting = state else { return connection.close() }
      state = .ready(connection)
      loadingSince = nil
      retries.succeeded()
      let waiting = waiting
      self.waiting = []
      for promise in waiting { promise.succeed(connection) }
      let link = NIOLoopBound(self, eventLoop: eventLoop)
      connection.lost.whenSuccess { link.value.wentDown(BusError($0)) }
    case .failure(let error): wentDown(BusError(error))
    }
  }

  private func wentDown(_ error: BusError) {
    if case .closed = state { return }
    state = .down
    // From now on nothing is sent, so nobody need wonder what came of it.
    failure = if case .unanswered(let detail) = error { .unavailable(detail) } else { error }
    condition.note(failure, of: target)
    failWaiting()
    let link = NIOLoopBound(self, eventLoop: eventLoop)
    retry = eventLoop.scheduleTask(in: TimeAmount(retries.failed())) { link.value.connect() }
  }

  private func failWaiting() {
    let waiting = waiting
    self.waiting = []
    for promise in waiting { promise.fail(failure) }
  }
}
