public import NIOCore

/// Encrypts a channel. It stands in front of all other handlers, and what they write before the handshake
/// is done waits for it.
///
/// A peer that closes without TLS's own goodbye is passed on like one that says it: HTTP and Redis tell
/// by their own framing whether something is missing.
public final class TLSHandler: ChannelDuplexHandler, RemovableChannelHandler {
  public typealias InboundIn = ByteBuffer
  public typealias InboundOut = ByteBuffer
  public typealias OutboundIn = ByteBuffer
  public typealias OutboundOut = ByteBuffer

  private enum State {
    case handshaking
    case open
    /// Our side has said its goodbye; the peer may go on.
    case ended
    case failed
  }

  private let session: TLSSession
  private var state = State.handshaking
  private var context: ChannelHandlerContext?
  private var handshakePromise: EventLoopPromise<Void>?
  /// Completes when data can flow, or fails with a `TLSError` or a `ChannelError`. Nil before the handler
  /// is in a pipeline.
  public private(set) var handshake: EventLoopFuture<Void>?
  /// Written before the handshake was done.
  private var waiting = MarkedCircularBuffer<(ByteBuffer, EventLoopPromise<Void>?)>(
    initialCapacity: 2)
  /// Of what was encrypted since the last flush.
  private var unflushed: [EventLoopPromise<Void>] = []
  private var plain = ByteBuffer()
  private var hasEnded = false
  private var hasDelivered = false

  /// - Parameter serverName: for a client, the name or address that the server's certificate has to have.
  /// - Throws: `TLSError`.
  public init(_ context: TLSContext, serverName: String? = nil) throws {
    session = try TLSSession(context, serverName: serverName)
  }

  public func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    let promise = context.eventLoop.makePromise(of: Void.self)
    (handshakePromise, handshake) = (promise, promise.futureResult)
    if context.channel.isActive { shakeHands(context) }
  }

  public func handlerRemoved(context: ChannelHandlerContext) {
    drop(ChannelError.ioOnClosedChannel)
    self.context = nil
  }

  public func channelActive(context: ChannelHandlerContext) {
    shakeHands(context)
    context.fireChannelActive()
  }

  public func channelInactive(context: ChannelHandlerContext) {
    state = .failed
    drop(ChannelError.eof)
    context.fireChannelInactive()
  }

  // MARK: In

  public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard state != .failed else { return }
    let arrived = unwrapInboundIn(data)
    guard arrived.withUnsafeReadableBytes(session.receive) else {
      return fail(TLSError("out of memory"), context)
    }
    if state == .handshaking { shakeHands(context) }
    guard state == .open || state == .ended else { return }
    let outcome = session.read(into: &plain)
    // Answers of the protocol itself, such as to an update of keys.
    sendEncrypted(context)
    if plain.readableBytes > 0 {
      let arrived = plain
      plain = ByteBuffer()
      hasDelivered = true
      context.fireChannelRead(wrapInboundOut(arrived))
    }
    switch outcome {
    case .done, .waiting: break
    case .ended: inputEnded(context)
    case .failed(let error): fail(error, context)
    }
  }

  public func channelReadComplete(context: ChannelHandlerContext) {
    context.fireChannelReadComplete()
    // What came was not enough for anything that the others could see; they would wait for ever.
    if !hasDelivered, state != .failed { context.read() }
    hasDelivered = false
  }

  public func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard case .inputClosed? = event as? ChannelEvent else {
      return context.fireUserInboundEventTriggered(event)
    }
    if state == .handshaking {
      return fail(TLSError("the peer closed during the handshake"), context)
    }
    inputEnded(context)
  }

  private func inputEnded(_ context: ChannelHandlerContext) {
    guard !hasEnded else { return }
    hasEnded = true
    context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
  }

  // MARK: Out

  public func write(
    context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?
  ) {
    let buffer = unwrapOutboundIn(data)
    switch state {
    case .handshaking: waiting.append((buffer, promise))
    case .open: encrypt(buffer, promise, context)
    case .ended: promise?.fail(ChannelError.outputClosed)
    case .failed: promise?.fail(ChannelError.ioOnClosedChannel)
    }
  }

  public func flush(context: ChannelHandlerContext) {
    if state == .handshaking { return waiting.mark() }
    sendEncrypted(context)
  }

  public func close(
    context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?
  ) {
    switch (mode, state) {
    case (.input, _), (_, .failed):
      context.close(mode: mode, promise: promise)
    case (_, .handshaking):
      // There is nothing that could be half closed.
      state = .failed
      drop(ChannelError.ioOnClosedChannel)
      context.close(promise: promise)
    case (_, .open):
      state = .ended
      session.end()
      sendEncrypted(context)
      context.close(mode: mode, promise: promise)
    case (_, .ended):
      context.close(mode: mode, promise: promise)
    }
  }

  private func encrypt(
    _ buffer: ByteBuffer, _ promise: EventLoopPromise<Void>?, _ context: ChannelHandlerContext
  ) {
    let outcome = buffer.withUnsafeReadableBytes(session.write)
    guard outcome == .done else {
      promise?.fail(ChannelError.ioOnClosedChannel)
      if case .failed(let error) = outcome { fail(error, context) }
      return
    }
    if let promise { unflushed.append(promise) }
  }

  /// Sends what is encrypted. The promises of what stands in it complete with it.
  private func sendEncrypted(_ context: ChannelHandlerContext) {
    let promises = unflushed
    unflushed.removeAll()
    guard let encrypted = session.takeOutgoing(context.channel.allocator) else {
      for promise in promises { promise.succeed() }
      return
    }
    var promise: EventLoopPromise<Void>?
    if let first = promises.first {
      promise = first
      for other in promises.dropFirst() { first.futureResult.cascade(to: other) }
    }
    context.writeAndFlush(wrapOutboundOut(encrypted), promise: promise)
  }

  // MARK: The handshake

  private func shakeHands(_ context: ChannelHandlerContext) {
    guard state == .handshaking else { return }
    let outcome = session.handshake()
    sendEncrypted(context)
    switch outcome {
    case .waiting: break
    case .done:
      state = .open
      handshakePromise?.succeed()
      handshakePromise = nil
      let hasFlush = waiting.hasMark
      while let (buffer, promise) = waiting.popFirst() { encrypt(buffer, promise, context) }
      if hasFlush { sendEncrypted(context) }
    case .ended: fail(TLSError("the peer ended the handshake"), context)
    case .failed(let error): fail(error, context)
    }
  }

  private func fail(_ error: TLSError, _ context: ChannelHandlerContext) {
    guard state != .failed else { return }
    // Its alert, when there is one.
    sendEncrypted(context)
    state = .failed
    drop(error)
    context.fireErrorCaught(error)
    context.close(promise: nil)
  }

  private func drop(_ error: any Error) {
    handshakePromise?.fail(error)
    handshakePromise = nil
    while let (_, promise) = waiting.popFirst() { promise?.fail(error) }
    let promises = unflushed
    unflushed.removeAll()
    for promise in promises { promise.fail(error) }
  }
}
