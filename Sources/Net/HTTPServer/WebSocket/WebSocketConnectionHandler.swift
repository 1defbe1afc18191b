import NIOCore
import NIOWebSocket

/// Runs the protocol of one WebSocket: frames in from NIO's decoder, encoded frames out.
final class WebSocketConnectionHandler: ChannelInboundHandler, NIOScheduledCallbackHandler {
  typealias InboundIn = WebSocketFrame
  typealias OutboundOut = ByteBuffer

  private let configuration: WebSocketConfiguration
  private let makeSession: (WebSocketConnection) -> any WebSocketSession
  private let channel: any Channel
  private var state: WebSocketProtocolState
  private var session: (any WebSocketSession)?
  private var context: ChannelHandlerContext?
  private var timer: NIOScheduledCallback?

  init(
    configuration: WebSocketConfiguration, channel: any Channel,
    makeSession: @escaping (WebSocketConnection) -> any WebSocketSession
  ) {
    self.configuration = configuration
    self.channel = channel
    self.makeSession = makeSession
    self.state = WebSocketProtocolState(configuration, now: .now())
  }

  var isOpen: Bool { context != nil && state.isOpen }

  /// Call it once the handler stands in its pipeline.
  func open() {
    guard let context, channel.isActive, session == nil else { return }
    let session = makeSession(WebSocketConnection(channel: channel, handler: self))
    self.session = session
    setTimer(.now() + configuration.pingInterval, context: context)
    session.webSocketOpened()
  }

  func send(_ frame: ByteBuffer) {
    guard let context, state.isOpen else { return }
    context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
  }

  func close(code: WebSocketErrorCode, reason: String, timeout: TimeAmount?) {
    guard let context else { return }
    let deadline = NIODeadline.now() + (timeout ?? configuration.closeTimeout)
    let isFirst = state.close(until: deadline)
    tick(context: context)
    guard isFirst else { return }
    let frame = WebSocketFrameWriter.close(code: code, reason: reason)
    context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
  }

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) { end() }

  func channelInactive(context: ChannelHandlerContext) {
    end()
    context.fireChannelInactive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch state.receive(unwrapInboundIn(data), now: .now()) {
    case .none: break
    case .deliverText(let text): session?.webSocketReceived(text: text)
    case .deliverBinary(let data): session?.webSocketReceived(binary: data)
    case .sendPong(let data):
      // A peer that sends pings but reads nothing may not make us queue pongs without end.
      guard channel.isWritable else { break }
      let frame = WebSocketFrameWriter.frame(opcode: .pong, payload: data)
      context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
    case .answerClose(let code):
      finish(WebSocketFrameWriter.close(code: code, reason: ""), context: context)
    case .closeConnection: context.close(promise: nil)
    case .fail(let code, let reason):
      finish(WebSocketFrameWriter.close(code: code, reason: reason), context: context)
    }
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if channel.isWritable && state.isOpen { session?.webSocketBecameWritable() }
    context.fireChannelWritabilityChanged()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    switch event {
    case is ChannelShouldQuiesceEvent:
      close(code: .goingAway, reason: "the server is shutting down", timeout: nil)
    case ChannelEvent.inputClosed:
      context.close(promise: nil)
    default:
      context.fireUserInboundEventTriggered(event)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    switch error as? NIOWebSocketError {
    case .invalidFrameLength:
      let frame = WebSocketFrameWriter.close(
        code: .messageTooLarge, reason: "the message is too large")
      finish(frame, context: context)
    case .fragmentedControlFrame, .multiByteControlFrameLength:
      let frame = WebSocketFrameWriter.close(
        code: .protocolError, reason: "a malformed control frame")
      finish(frame, context: context)
    case nil:
      context.close(promise: nil)
    }
  }

  func handleScheduledCallback(eventLoop: some EventLoop) {
    timer = nil
    if let context { tick(context: context) }
  }

  private func tick(context: ChannelHandlerContext) {
    switch state.tick(now: .now()) {
    case .wait(let deadline): setTimer(deadline, context: context)
    case .cut: context.close(promise: nil)
    case .ping(let next):
      setTimer(next, context: context)
      let frame = WebSocketFrameWriter.frame(opcode: .ping, payload: ByteBuffer())
      context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
    }
  }

  /// Sends the last frame, if none was, and closes our side; the peer closes the other one.
  private func finish(_ closeFrame: ByteBuffer, context: ChannelHandlerContext) {
    guard state.close(until: .now() + configuration.closeTimeout) else { return }
    tick(context: context)
    let written = context.eventLoop.makePromise(of: Void.self)
    let channel = self.channel
    written.futureResult.whenComplete { _ in channel.close(mode: .output, promise: nil) }
    context.writeAndFlush(wrapOutboundOut(closeFrame), promise: written)
  }

  private func end() {
    timer?.cancel()
    timer = nil
    context = nil
    session?.webSocketClosed()
    session = nil
  }

  private func setTimer(_ deadline: NIODeadline, context: ChannelHandlerContext) {
    timer?.cancel()
    do {
      timer = try context.eventLoop.assumeIsolated().scheduleCallback(at: deadline, handler: self)
    } catch {
      // The event loop is shutting down, and closes every channel.
      timer = nil
    }
  }
}
