import Glibc
public import NIOCore
import NIOPosix
public import TLS

/// A pipelined connection to one Redis server, driven by an event loop.
///
/// Any thread may use it. On the connection's event loop there is no hop and no lock.
public final class RedisConnection: Sendable {
  public let eventLoop: any EventLoop
  /// Completes once, with why the connection is of no use any more. It has been closed by then.
  public let lost: EventLoopFuture<RedisError>
  private let handler: NIOLoopBound<RedisChannelHandler>
  /// Whether `ASKING` goes in front of each command.
  private let isAsking: Bool

  private init(
    eventLoop: any EventLoop, lost: EventLoopFuture<RedisError>,
    handler: NIOLoopBound<RedisChannelHandler>, isAsking: Bool
  ) {
    self.isAsking = isAsking
    self.eventLoop = eventLoop
    self.lost = lost
    self.handler = handler
  }

  /// Connects, logs in, selects the database and waits until the server answers `PING`.
  ///
  /// The future fails with `RedisError.cannotConnect`, `.refused`, `.timedOut` or `.connectionLost`.
  public static func connect(
    to address: RedisAddress, on eventLoop: any EventLoop,
    options: RedisConnectionOptions = RedisConnectionOptions()
  ) -> EventLoopFuture<RedisConnection> {
    let bootstrap = ClientBootstrap(group: eventLoop)
      .connectTimeout(options.connectTimeout)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          if let tls = try tlsHandler(for: address, options) {
            try channel.pipeline.syncOperations.addHandler(tls)
          }
          try channel.pipeline.syncOperations.addHandler(
            RedisChannelHandler(options: options, eventLoop: channel.eventLoop))
        }
      }
    let channel =
      switch address.endpoint {
      case .tcp(let host, let port): bootstrap.connect(host: host, port: port)
      case .unixSocket(let path): bootstrap.connect(unixDomainSocketPath: path)
      }
    return
      channel
      .flatMap { channel in
        address.usesTLS
          ? secured(channel, within: options.connectTimeout)
          : channel.eventLoop.makeSucceededFuture(channel)
      }
      .flatMapErrorThrowing { error in
        throw RedisError.cannotConnect(address, reason: connectionFailureReason(error))
      }
      .flatMapThrowing { channel in
        let handler = try channel.pipeline.syncOperations.handler(type: RedisChannelHandler.self)
        return RedisConnection(
          eventLoop: eventLoop, lost: handler.lost,
          handler: NIOLoopBound(handler, eventLoop: eventLoop), isAsking: options.isAsking)
      }
      .flatMap { $0.logIn(address, clientName: options.clientName) }
  }

  private static func tlsHandler(
    for address: RedisAddress, _ options: RedisConnectionOptions
  ) throws -> TLSHandler? {
    guard address.usesTLS, case .tcp(let host, _) = address.endpoint else { return nil }
    let tls = try options.tls ?? RedisTLS.system.get()
    return try TLSHandler(tls.context, serverName: tls.serverName ?? host)
  }

  /// Completes with `channel` once its server has shown who it is.
  private static func secured(
    _ channel: any Channel, within timeout: TimeAmount
  ) -> EventLoopFuture<any Channel> {
    let handshake: EventLoopFuture<Void>
    do {
      let handler = try channel.pipeline.syncOperations.handler(type: TLSHandler.self)
      handshake =
        handler.handshake ?? channel.eventLoop.makeFailedFuture(ChannelError.alreadyClosed)
    } catch {
      return channel.eventLoop.makeFailedFuture(error)
    }
    let timer = channel.eventLoop.scheduleTask(in: timeout) { channel.close(promise: nil) }
    return handshake.always { _ in timer.cancel() }.map { channel }
  }

  /// The future completes on the connection's event loop. It fails with a `RedisError` when the
  /// connection is lost first; the command may have been carried out then.
  public func send(_ command: RedisCommand) -> EventLoopFuture<RedisReply> {
    let promise = eventLoop.makePromise(of: RedisReply.self)
    if eventLoop.inEventLoop {
      sendInLoop(command, promise)
    } else {
      eventLoop.execute { self.sendInLoop(command, promise) }
    }
    return promise.futureResult
  }

  /// Sends a command that a node of a cluster named this one for (`ASK`), with `ASKING` in front of it.
  public func sendAsking(_ command: RedisCommand) -> EventLoopFuture<RedisReply> {
    let promise = eventLoop.makePromise(of: RedisReply.self)
    let send = { @Sendable in
      self.handler.value.send(["ASKING"], promise: self.eventLoop.makePromise())
      self.handler.value.send(command, promise: promise)
    }
    if eventLoop.inEventLoop { send() } else { eventLoop.execute(send) }
    return promise.futureResult
  }

  private func sendInLoop(_ command: RedisCommand, _ promise: EventLoopPromise<RedisReply>) {
    // What is wrong with it is wrong with the command as well.
    if isAsking { handler.value.send(["ASKING"], promise: eventLoop.makePromise()) }
    handler.value.send(command, promise: promise)
  }

  /// Turns the connection into a subscription: sends `commands`, and hands every reply to `receive`,
  /// on the event loop, all replies of one read together, until the connection is lost. A silent
  /// server is probed with `PING`; `receive` sees the answers.
  ///
  /// - Precondition: no command is unanswered, and none is sent afterwards.
  public func subscribe(
    with commands: [RedisCommand], receive: @escaping @Sendable ([RedisReply]) -> Void
  ) {
    let begin = { @Sendable in
      self.handler.value.enterSubscriptionMode(receive)
      self.handler.value.sendUnanswered(commands)
    }
    if eventLoop.inEventLoop { begin() } else { eventLoop.execute(begin) }
  }

  /// Fails what is unanswered with `RedisError.closed`.
  public func close() { close(.closed) }

  /// Fails what is unanswered with `RedisError.leftServer`: the server answered that it is not the one to
  /// talk to.
  public func close(because answer: RedisServerError) { close(.leftServer(answer)) }

  private func close(_ reason: RedisError) {
    if eventLoop.inEventLoop {
      handler.value.close(reason)
    } else {
      eventLoop.execute { self.handler.value.close(reason) }
    }
  }

  private func logIn(_ address: RedisAddress, clientName: String) -> EventLoopFuture<
    RedisConnection
  > {
    // What a user without the right to it can do without: a name for `CLIENT LIST`, and an answer other
    // than "you may not".
    let optional: [RedisCommand] = [
      ["CLIENT", "SETNAME", .string(clientName)],
      // Refused while the server loads its data, so that a connection that stands can be used.
      ["PING"],
    ]
    var needed: [RedisCommand] = []
    if let password = address.password {
      needed.append(
        address.user.map { ["AUTH", .string($0), .string(password)] } ?? [
          "AUTH", .string(password),
        ])
    }
    if address.database != 0 { needed.append(["SELECT", .integer(address.database)]) }
    let firstOptional = needed.count
    let replies = (needed + optional).map { send($0) }
    return EventLoopFuture.whenAllSucceed(replies, on: eventLoop).flatMapThrowing { replies in
      for (index, reply) in replies.enumerated() {
        guard case .error(let error) = reply else { continue }
        if index >= firstOptional, error.code == "NOPERM" { continue }
        self.close()
        throw RedisError.refused(address, error)
      }
      return self
    }
  }
}

/// NIO's errors are long; one line is enough.
private func connectionFailureReason(_ error: any Error) -> String {
  switch error {
  case let error as NIOConnectionError:
    if let first = error.connectionErrors.first?.error { return connectionFailureReason(first) }
    return String(describing: error.dnsAError ?? error.dnsAAAAError ?? error)
  case ChannelError.connectTimeout: return "no connection in time"
  case ChannelError.ioOnClosedChannel: return "no TLS in time"
  case let error as TLSError: return error.description
  // Thread-safe since glibc 2.32.
  case let error as IOError: return String(cString: strerror(error.errnoCode))
  default: return String(describing: error)
  }
}

/// How a connection behaves.
public struct RedisConnectionOptions: Sendable {
  /// How the connection calls itself in `CLIENT LIST`; no spaces.
  public var clientName: String
  /// For the connection to stand, and again for the log-in.
  public var connectTimeout: TimeAmount
  /// The longest silence while an answer is due. A server that is wedged is noticed by it.
  public var responseTimeout: TimeAmount
  /// How long a subscription may be silent before it is probed with `PING`.
  public var probeInterval: TimeAmount
  /// For `rediss://`: whom to trust, and who we are; nil for the system's authorities and the address's host.
  public var tls: RedisTLS?
  /// Whether `ASKING` goes in front of each command: for a slot that is on its way to the server from another node of
  /// its cluster, which said so (`ASK`).
  public var isAsking = false

  public init(
    clientName: String = "progressbus", connectTimeout: TimeAmount = .seconds(2),
    responseTimeout: TimeAmount = .seconds(2), probeInterval: TimeAmount = .seconds(5),
    tls: RedisTLS? = nil
  ) {
    self.tls = tls
    self.clientName = clientName
    self.connectTimeout = connectTimeout
    self.responseTimeout = responseTimeout
    self.probeInterval = probeInterval
  }
}

/// How a server of `rediss://` is known, and how it knows us.
public struct RedisTLS: Sendable {
  /// With the system's authorities; read once.
  static let system = Result { () throws(TLSError) in RedisTLS(context: try .client()) }

  public let context: TLSContext
  /// The name that the server's certificate has to have; nil for the host of the address.
  public let serverName: String?

  public init(context: TLSContext, serverName: String? = nil) {
    self.context = context
    self.serverName = serverName
  }
}
