public import HummingbirdCore
public import Logging
public import NIOCore
import NIOHTTP1
public import TLS

/// An HTTP/1.1 connection of a Hummingbird server that also takes WebSockets, on any request of the
/// connection, and lets handlers of the application answer before Hummingbird sees a request.
///
/// Use it as `Application(router: router, server: .webSocketUpgrade(…))`.
public struct HTTPServerChannel: ServerChildChannel, HTTPChannelHandler {
  /// Makes the handlers that see each request before Hummingbird does, on the connection's event
  /// loop. They take `HTTPServerRequestPart`, answer `HTTPServerResponsePart`, and pass on whatever
  /// they do not answer. At most one request is in flight. A connection that becomes a WebSocket
  /// removes them.
  public typealias EarlyHandlers = @Sendable (any Channel) throws -> [any RemovableChannelHandler]

  public let responder: Responder
  private let configuration: HTTPServerChannelConfiguration
  private let webSocketConfiguration: WebSocketConfiguration
  private let earlyHandlers: EarlyHandlers
  private let webSockets: [WebSocketRoute]

  public init(
    responder: @escaping Responder,
    configuration: HTTPServerChannelConfiguration = .init(),
    webSocketConfiguration: WebSocketConfiguration = .init(),
    earlyHandlers: @escaping EarlyHandlers = { _ in [] },
    webSockets: [WebSocketRoute] = []
  ) {
    self.responder = responder
    self.configuration = configuration
    self.webSocketConfiguration = webSocketConfiguration
    self.earlyHandlers = earlyHandlers
    self.webSockets = webSockets
  }

  public func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTPServerConnection> {
    channel.eventLoop.makeCompletedFuture {
      let pipeline = channel.pipeline.syncOperations
      let connection = HTTPConnectionHandler(
        configuration: configuration, admission: admission(of: channel))
      let decoder = ByteToMessageHandler(
        HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: decoderLimits))
      var httpHandlers: [any RemovableChannelHandler] = [HTTPResponseEncoder(), connection]
      httpHandlers += try earlyHandlers(channel)
      if let tls = configuration.tls { try pipeline.addHandler(TLSHandler(tls.current)) }
      try pipeline.addHandler(decoder)
      try pipeline.addHandlers(httpHandlers)
      if !webSockets.isEmpty {
        try pipeline.addHandler(
          WebSocketUpgradeHandler(
            routes: webSockets, configuration: webSocketConfiguration, decoder: decoder,
            httpHandlers: httpHandlers))
      }
      let framework = FrameworkEntry(
        isSecure: configuration.tls != nil, eventLoop: channel.eventLoop)
      try pipeline.addHandler(framework)
      return HTTPServerConnection(channel: channel, framework: framework.opened)
    }
  }

  public func handle(value: HTTPServerConnection, logger: Logger) async {
    let channel = await withTaskCancellationHandler {
      // Never failed.
      try? await value.framework.get()
    } onCancel: {
      // As Hummingbird does once it has the connection.
      value.channel.close(mode: .input, promise: nil)
    }
    // Nil when nothing ever came for Hummingbird: all was for early handlers, or a WebSocket.
    if let channel { await handleHTTP(asyncChannel: channel, logger: logger) }
  }

  private func admission(of channel: any Channel) -> ConnectionLimit.Admission {
    guard let limit = configuration.connectionLimit else { return .serve }
    let peer = ClientAddress(channel.remoteAddress)
    let admission = limit.begin(from: peer)
    channel.closeFuture.whenComplete { _ in limit.end(from: peer) }
    return admission
  }

  private var decoderLimits: NIOHTTPDecoderLimitConfiguration {
    var limits = NIOHTTPDecoderLimitConfiguration()
    limits.maxHeaderFieldSize = configuration.maximumHeaderFieldSize
    limits.maxHeaderListSize = configuration.maximumHeaderListSize
    limits.maxHeaderFieldCount = configuration.maximumHeaderFieldCount
    return limits
  }
}

extension HTTPServerBuilder {
  /// Builds a server whose connections are `HTTPServerChannel`s.
  public static func webSocketUpgrade(
    configuration: HTTPServerChannelConfiguration = .init(),
    webSocketConfiguration: WebSocketConfiguration = .init(),
    earlyHandlers: @escaping HTTPServerChannel.EarlyHandlers = { _ in [] },
    webSockets: [WebSocketRoute] = []
  ) -> HTTPServerBuilder {
    HTTPServerBuilder { responder in
      HTTPServerChannel(
        responder: responder, configuration: configuration,
        webSocketConfiguration: webSocketConfiguration, earlyHandlers: earlyHandlers,
        webSockets: webSockets)
    }
  }
}

/// What a client did not send in time.
public enum HTTPTimeout: Sendable {
  case head, body
}

/// Limits and timeouts of an HTTP/1.1 connection.
public struct HTTPServerChannelConfiguration: Sendable {
  /// Shared by all connections of a server, or of several; nil for none.
  public var connectionLimit: ConnectionLimit?
  /// The certificate for new connections; nil for connections without TLS.
  public var tls: ReloadingServerContext?
  /// How long a new connection may take to send the head of its first request.
  public var headTimeout: TimeAmount = .seconds(30)
  /// How long a connection may stay without a request after an answer.
  public var idleTimeout: TimeAmount = .seconds(75)
  /// How long a request's body may take to arrive, from its head on; then 408.
  public var bodyTimeout: TimeAmount = .seconds(30)
  /// How long a connection that we have finished waits for the peer to close, so that the peer can
  /// read our last answer before a reset reaches it (RFC 9112, section 9.6).
  public var lingerTimeout: TimeAmount = .seconds(2)
  /// How long requests in flight may take once the server shuts down.
  public var shutdownTimeout: TimeAmount = .seconds(5)
  /// Called for each connection that ends because the head of its first request, or a body, did not come in time, on
  /// its event loop.
  public var onTimeout: @Sendable (HTTPTimeout) -> Void = { _ in }
  /// The longest header field, in bytes; then 431.
  public var maximumHeaderFieldSize = 16 * 1024
  /// All header fields of a request together, in bytes; then 431.
  public var maximumHeaderListSize = 32 * 1024
  /// Header fields in a request; then 431.
  public var maximumHeaderFieldCount = 100

  public init() {}
}
