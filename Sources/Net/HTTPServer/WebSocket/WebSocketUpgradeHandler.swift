import NIOCore
import NIOHTTP1
import NIOWebSocket

/// Answers requests to a WebSocket route, and turns the connection into a WebSocket when the route
/// accepts. Every other request passes through.
///
/// Our own because NIO's upgrader decides on the first request of a connection only, and a proxy may
/// send the handshake on a connection that it has used before.
final class WebSocketUpgradeHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private enum State {
    case passing
    /// A request to a route whose end has not come yet.
    case receiving(WebSocketRoute, HTTPRequestHead)
    case deciding
    case finished
  }

  private let routes: [WebSocketRoute]
  private let configuration: WebSocketConfiguration
  private let decoder: ByteToMessageHandler<HTTPRequestDecoder>
  private let httpHandlers: [any RemovableChannelHandler]
  private var state = State.passing
  private var context: ChannelHandlerContext?

  init(
    routes: [WebSocketRoute], configuration: WebSocketConfiguration,
    decoder: ByteToMessageHandler<HTTPRequestDecoder>,
    httpHandlers: [any RemovableChannelHandler]
  ) {
    self.routes = routes
    self.configuration = configuration
    self.decoder = decoder
    self.httpHandlers = httpHandlers
  }

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch (state, unwrapInboundIn(data)) {
    case (.passing, .head(let head)):
      guard let route = routes.first(where: { $0.matches(head.uri) }) else { break }
      state = .receiving(route, head)
      return
    case (.passing, _): break
    case (.receiving(let route, let head), .end):
      requestEnded(head, route: route, context: context)
      return
    case (.receiving, _), (.deciding, _), (.finished, _): return
    }
    context.fireChannelRead(data)
  }

  private func requestEnded(
    _ head: HTTPRequestHead, route: WebSocketRoute, context: ChannelHandlerContext
  ) {
    if let refusal = WebSocketHandshake.refusal(of: head) ?? route.refusal(of: head) {
      refuse(refusal, context: context)
      return
    }
    state = .deciding
    let eventLoop = context.eventLoop
    let handler = NIOLoopBound(self, eventLoop: eventLoop)
    Task {
      let decision = await route.decide(head)
      eventLoop.execute { handler.value.decided(decision, head: head) }
    }
  }

  private func decided(_ decision: WebSocketUpgradeDecision, head: HTTPRequestHead) {
    guard let context, context.channel.isActive else { return }
    switch decision {
    case .refuse(let problem): refuse(problem, context: context)
    case .accept(let makeSession):
      accept(head, context: context, makeSession: makeSession)
    }
  }

  /// Answers, and ends the connection.
  private func refuse(_ problem: Problem, context: ChannelHandlerContext) {
    state = .finished
    for part in problem.closingParts { context.write(wrapOutboundOut(part), promise: nil) }
    context.flush()
  }

  private func accept(
    _ head: HTTPRequestHead, context: ChannelHandlerContext,
    makeSession: @escaping @Sendable (WebSocketConnection) -> any WebSocketSession
  ) {
    let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
    NIOWebSocketServerUpgrader(
      shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture([:]) },
      upgradePipelineHandler: { channel, _ in channel.eventLoop.makeSucceededVoidFuture() }
    )
    .buildUpgradeResponse(
      channel: context.channel, upgradeRequest: head, initialResponseHeaders: [:]
    )
    .whenComplete { result in
      let handler = handler.value
      guard let context = handler.context else { return }
      do {
        try handler.upgrade(result.get(), context: context, makeSession: makeSession)
      } catch {
        context.close(promise: nil)
      }
    }
  }

  private func upgrade(
    _ headers: HTTPHeaders, context: ChannelHandlerContext,
    makeSession: @escaping (WebSocketConnection) -> any WebSocketSession
  ) throws {
    state = .finished
    let head = HTTPResponseHead(version: .http1_1, status: .switchingProtocols, headers: headers)
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)

    let channel = context.channel
    let pipeline = context.pipeline.syncOperations
    try channel.syncOptions?.setOption(
      .writeBufferWaterMark, value: configuration.writeBufferWaterMark)
    try channel.syncOptions?.setOption(
      .socketOption(.so_sndbuf), value: .init(configuration.socketSendBufferSize))
    let webSocket = WebSocketConnectionHandler(
      configuration: configuration, channel: channel, makeSession: makeSession)
    try pipeline.addHandler(
      ByteToMessageHandler(
        WebSocketFrameDecoder(maxFrameSize: configuration.maximumMessageSize)),
      position: .before(self))
    try pipeline.addHandler(webSocket, position: .before(self))
    for handler in httpHandlers { pipeline.removeHandler(handler, promise: nil) }
    // What stays behind the WebSocket is Hummingbird's end of the connection; it hears only that the
    // connection has closed.
    pipeline.removeHandler(context: context, promise: nil)
    webSocket.open()
    // Last, because it hands over what the client has sent since its handshake.
    pipeline.removeHandler(decoder, promise: nil)
  }
}
