import Concurrency
import Logging
import NIOConcurrencyHelpers
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
  private let address: RedisAddress
  private let options: RedisConnectionOptions
  private let scripts: [RedisScript]
  private let outage: OutageLog
  private var digests: [RedisScript: String] = [:]
  private var state = State.down
  private var failure = BusError.unavailable("not connected to Redis yet")
  private var retries = Retries(RedisLink.backoff)
  private var waiting: [EventLoopPromise<RedisConnection>] = []
  private var retry: Scheduled<Void>?

  /// - Parameter scripts: loaded into Redis before a connection counts as ready.
  init(
    address: RedisAddress, options: RedisConnectionOptions, scripts: [RedisScript],
    eventLoop: any EventLoop, outage: OutageLog
  ) {
    self.eventLoop = eventLoop
    self.address = address
    self.options = options
    self.scripts = scripts
    self.outage = outage
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
    RedisConnection.connect(to: address, on: eventLoop, options: options)
      .flatMap { link.value.load(into: $0) }
      .whenComplete { link.value.attemptEnded($0) }
  }

  func close() {
    retry?.cancel()
    failure = .unavailable("the bus was shut down")
    outage.forget(self)
    let last = state
    state = .closed
    if case .ready(let connection) = last { connection.close() }
    failWaiting()
  }

  /// Runs the script, by its digest; when Redis has lost it (restart, `SCRIPT FLUSH`) by its source.
  ///
  /// The future fails with `RedisError`; an error of the script is a reply.
  func run(
    _ call: consuming ScriptCall, on connection: RedisConnection
  ) -> EventLoopFuture<RedisReply> {
    let script = call.script
    guard let digest = digests[script] else {
      preconditionFailure("a script that the link was not made with")
    }
    let command = call.byDigest(digest)
    return connection.send(command).flatMap { reply in
      guard case .error(let error) = reply, error.code == "NOSCRIPT" else {
        return connection.eventLoop.makeSucceededFuture(reply)
      }
      return connection.send(script.bySource(command))
    }
  }

  private func load(into connection: RedisConnection) -> EventLoopFuture<RedisConnection> {
    let link = NIOLoopBound(self, eventLoop: eventLoop)
    let loads = scripts.map { connection.send(["SCRIPT", "LOAD", .string($0.source)]) }
    return EventLoopFuture.whenAllSucceed(loads, on: eventLoop).flatMapThrowing { replies in
      for (script, reply) in zip(link.value.scripts, replies) {
        if case .error(let error) = reply {
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
      retries.succeeded()
      outage.isBack(self, at: "\(address)")
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
    failure = error
    outage.isLost(self, error)
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

/// Says once that Redis is out of reach, and once that it is back, however many connections of the
/// process notice. Safe from any thread.
final class OutageLog: Sendable {
  private let down = NIOLockedValueBox<Set<ObjectIdentifier>>([])
  private let logger: Logger

  init(logger: Logger) {
    self.logger = logger
  }

  /// - Parameter connection: Who noticed; the same object must say `isBack`.
  func isLost(_ connection: AnyObject, _ error: BusError) {
    let isFirst = down.withLockedValue { down in
      let wasEmpty = down.isEmpty
      down.insert(ObjectIdentifier(connection))
      return wasEmpty
    }
    if isFirst { logger.warning("Redis is out of reach", metadata: ["error": "\(error)"]) }
  }

  /// - Parameter address: Where the connection leads.
  func isBack(_ connection: AnyObject, at address: String) {
    let wasLast = down.withLockedValue { down in
      down.remove(ObjectIdentifier(connection)) != nil && down.isEmpty
    }
    if wasLast { logger.notice("connected to Redis again", metadata: ["at": "\(address)"]) }
  }

  /// A connection that was closed on purpose is neither lost nor back.
  func forget(_ connection: AnyObject) {
    down.withLockedValue { _ = $0.remove(ObjectIdentifier(connection)) }
  }
}
