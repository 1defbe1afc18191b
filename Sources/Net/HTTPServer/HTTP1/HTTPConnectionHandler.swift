import HTTPTypes
import NIOCore
import NIOHTTP1

/// Keeps one HTTP/1.1 connection in order: one request at a time, keep-alive and
/// `Connection: close`, timeouts, half-close, malformed requests, `Expect: 100-continue`, shutdown.
///
/// It stands behind the codec and in front of whatever answers requests. In the place of NIO's
/// pipelining handler, which stops reading while a request is answered: that is two system calls
/// more for each request, although hardly a client pipelines.
final class HTTPConnectionHandler: ChannelDuplexHandler, RemovableChannelHandler,
  NIOScheduledCallbackHandler
{
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart
  typealias OutboundIn = HTTPServerResponsePart
  typealias OutboundOut = HTTPServerResponsePart

  private let configuration: HTTPServerChannelConfiguration
  private let admission: ConnectionLimit.Admission
  private var state: HTTPConnectionState
  private var context: ChannelHandlerContext?
  private var timer: NIOScheduledCallback?
  private var timerDeadline = NIODeadline.distantFuture
  private var addsKeepAlive = false
  /// Stands between this handler and the network; what is encoded already is sent from its place.
  private var encoder: ChannelHandlerContext?
  /// What arrived while a request was being answered.
  private var waiting = CircularBuffer<WaitingInput>(initialCapacity: 4)
  private var isDelivering = false
  private var isReadHeld = false

  private enum WaitingInput {
    case part(HTTPServerRequestPart)
    case inputClosed
    case malformed(HTTPParserError)
  }

  /// A client that has sent this many parts ahead is read no further until it has its answers.
  private static let maximumWaiting = 64

  init(
    configuration: HTTPServerChannelConfiguration, admission: ConnectionLimit.Admission = .serve
  ) {
    self.configuration = configuration
    self.admission = admission
    self.state = HTTPConnectionState(configuration, now: .now())
  }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    encoder = try? context.pipeline.syncOperations.context(handlerType: HTTPResponseEncoder.self)
    setTimer(state.deadline, context: context)
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    timer?.cancel()
    timer = nil
    self.context = nil
    encoder = nil
    // Whoever reads from now on has asked for it already.
    if isReadHeld { context.channel.read() }
  }

  /// One that is not admitted is answered before it has sent anything: a request whose answer has come
  /// already needs no reading.
  func channelActive(context: ChannelHandlerContext) {
    context.fireChannelActive()
    switch admission {
    case .serve: break
    case .refuse(let refusal):
      let detail =
        switch refusal {
        case .all: "The server has too many connections; try again."
        case .address: "There are too many connections from this address; try again."
        }
      fail(
        Problem(status: .serviceUnavailable, detail: detail, retryAfter: 5), context: context)
    case .cut: context.close(promise: nil)
    }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if state.isLingering { return }
    let part = unwrapInboundIn(data)
    guard waiting.isEmpty && !state.isAnswering else {
      waiting.append(.part(part))
      return
    }
    receive(part, data, context: context)
  }

  func read(context: ChannelHandlerContext) {
    if mayRead(context) { context.read() } else { isReadHeld = true }
  }

  /// Not while answers pile up that the client does not take.
  private func mayRead(_ context: ChannelHandlerContext) -> Bool {
    state.isLingering || waiting.count < Self.maximumWaiting && context.channel.isWritable
  }

  private func readIfHeld(context: ChannelHandlerContext) {
    guard isReadHeld, mayRead(context) else { return }
    isReadHeld = false
    context.read()
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    readIfHeld(context: context)
    context.fireChannelWritabilityChanged()
  }

  private func receive(
    _ part: HTTPServerRequestPart, _ data: NIOAny, context: ChannelHandlerContext
  ) {
    var data = data
    var expectsContinue = false
    switch part {
    case .head(var head):
      if head.takeHostFromTarget() { data = wrapInboundOut(.head(head)) }
      let fields = ConnectionFields(of: head)
      guard fields.nameTheHost(in: head.version) else {
        let detail = "Host must be given once, and be a host with or without a port."
        return fail(.badRequest(detail), context: context)
      }
      guard head.hasServersTarget else {
        let detail = "The target of the request must be a path, or begin with http:// and a host."
        return fail(.badRequest(detail), context: context)
      }
      let isKeepAlive = head.isKeepAlive
      // NIO's decoder stops after a request to upgrade, granted or not.
      state.requestBegan(isLast: !isKeepAlive || fields.asksToUpgrade, now: .now())
      addsKeepAlive = isKeepAlive && head.version == .http1_0
      expectsContinue = fields.expectsContinue && head.version == .http1_1
    case .body: break
    case .end: state.requestEnded(now: .now())
    }
    // Deadlines mostly move on; the timer is set anew when it rings, or when one comes closer.
    if state.deadline < timerDeadline { setTimer(state.deadline, context: context) }
    context.fireChannelRead(data)
    // A request that was refused by its head alone has its answer; its body is not asked for.
    if expectsContinue && !state.hasResponseBegun && !state.isLingering {
      let interim = HTTPResponseHead(version: .http1_1, status: .continue)
      context.writeAndFlush(wrapOutboundOut(.head(interim)), promise: nil)
    }
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    guard !state.isLingering else {
      promise?.fail(ChannelError.ioOnClosedChannel)
      return
    }
    switch unwrapOutboundIn(data) {
    case .head(let head):
      guard head.status.code >= 200 else {
        if head.status == .switchingProtocols { state.switchingProtocols() }
        break
      }
      let saysClose = head.headers.contains(name: "connection") && !head.isKeepAlive
      let isLast = state.responseBegan(isLast: saysClose)
      guard isLast != saysClose || addsKeepAlive else { break }
      var changed = head
      changed.headers.replaceOrAdd(name: "connection", value: isLast ? "close" : "keep-alive")
      context.write(wrapOutboundOut(.head(changed)), promise: promise)
      return
    case .body: break
    case .end:
      if state.responseEnded(now: .now()) == .close {
        let written = promise ?? context.eventLoop.makePromise()
        context.writeAndFlush(data, promise: written)
        linger(context: context, after: written.futureResult)
        return
      }
      if state.deadline < timerDeadline { setTimer(state.deadline, context: context) }
      if !waiting.isEmpty { deliverWaiting(context: context) }
    }
    context.write(data, promise: promise)
  }

  func triggerUserOutboundEvent(
    context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?
  ) {
    guard let response = event as? HTTPWholeResponse else {
      return context.triggerUserOutboundEvent(event, promise: promise)
    }
    guard let encoder, !state.isLingering, !addsKeepAlive, !state.responseBegan(isLast: false)
    else {
      for part in response.parts {
        write(context: context, data: wrapOutboundOut(part), promise: nil)
      }
      context.flush()
      promise?.succeed()
      return
    }
    encoder.writeAndFlush(
      NIOAny(response.encoded(allocator: context.channel.allocator)), promise: promise)
    _ = state.responseEnded(now: .now())
    if state.deadline < timerDeadline { setTimer(state.deadline, context: context) }
    if !waiting.isEmpty { deliverWaiting(context: context) }
  }

  /// Goes on with what was sent ahead, once the answer that is being written has been written whole.
  private func deliverWaiting(context: ChannelHandlerContext) {
    guard !isDelivering else { return }
    isDelivering = true
    context.eventLoop.assumeIsolated().execute { [self] in
      isDelivering = false
      while let context = self.context, !state.isLingering, !state.isAnswering,
        let input = waiting.popFirst()
      {
        switch input {
        case .part(let part): receive(part, wrapInboundOut(part), context: context)
        case .inputClosed: inputClosed(context: context)
        case .malformed(let error): refuse(error, context: context)
        }
      }
      guard let context = self.context else { return }
      context.fireChannelReadComplete()
      readIfHeld(context: context)
    }
  }

  func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
    // Whoever finished writing may not cut an answer that another handler is still to give.
    if mode == .output && state.isResponsePending {
      _ = state.inputClosed()
      promise?.succeed()
      return
    }
    context.close(mode: mode, promise: promise)
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    switch event {
    case ChannelEvent.inputClosed where waiting.isEmpty:
      inputClosed(context: context)
    case ChannelEvent.inputClosed:
      waiting.append(.inputClosed)
    case is ChannelShouldQuiesceEvent:
      shutdownBegan()
      // Hummingbird counts the connections that are left.
      context.fireUserInboundEventTriggered(event)
    default:
      context.fireUserInboundEventTriggered(event)
    }
  }

  private func inputClosed(context: ChannelHandlerContext) {
    if state.isLingering || state.inputClosed() { context.close(promise: nil) }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard let parserError = error as? HTTPParserError, !state.isLingering else {
      context.close(promise: nil)
      return
    }
    if waiting.isEmpty && !state.isAnswering {
      refuse(parserError, context: context)
    } else {
      waiting.append(.malformed(parserError))
    }
  }

  private func refuse(_ error: HTTPParserError, context: ChannelHandlerContext) {
    let problem =
      switch error {
      case .headerOverflow:
        Problem(
          status: .requestHeaderFieldsTooLarge, detail: "The header of the request is too large.")
      case .invalidVersion:
        Problem(
          status: .httpVersionNotSupported,
          detail: "Only HTTP/1.0 and HTTP/1.1 are spoken.")
      default: Problem.badRequest("The request is no well-formed HTTP/1.1 message.")
      }
    fail(problem, context: context)
  }

  func handleScheduledCallback(eventLoop: some EventLoop) {
    timer = nil
    guard let context else { return }
    switch state.expiry(now: .now()) {
    case .notYet(let next):
      setTimer(next, context: context)
    case .close:
      if let late = state.lateness { configuration.onTimeout(late) }
      context.close(promise: nil)
    case .answerTimeout:
      configuration.onTimeout(.body)
      fail(
        Problem(status: .requestTimeout, detail: "The body of the request did not come in time."),
        context: context)
    }
  }

  /// The request in flight gets this long to finish.
  private func shutdownBegan() {
    guard let context, !state.isLingering else { return }
    guard state.isInFlight else { return context.close(promise: nil) }
    let deadline = NIODeadline.now() + configuration.shutdownTimeout
    state.shutdownBegan(until: deadline)
    setTimer(deadline, context: context)
  }

  /// Answers in the place of whoever would have answered, and ends the connection.
  private func fail(_ problem: Problem, context: ChannelHandlerContext) {
    guard !state.hasResponseBegun || !state.isResponsePending else {
      context.close(promise: nil)
      return
    }
    let written = context.eventLoop.makePromise(of: Void.self)
    let parts = problem.closingParts
    for part in parts.dropLast() { context.write(wrapOutboundOut(part), promise: nil) }
    context.writeAndFlush(wrapOutboundOut(parts[parts.count - 1]), promise: written)
    linger(context: context, after: written.futureResult)
  }

  private func linger(context: ChannelHandlerContext, after written: EventLoopFuture<Void>) {
    let deadline = NIODeadline.now() + configuration.lingerTimeout
    state.lingerBegan(until: deadline)
    setTimer(deadline, context: context)
    let channel = context.channel
    written.whenComplete { result in
      switch result {
      case .success: channel.close(mode: .output, promise: nil)
      case .failure: channel.close(promise: nil)
      }
    }
  }

  private func setTimer(_ deadline: NIODeadline, context: ChannelHandlerContext) {
    timer?.cancel()
    timerDeadline = deadline
    do {
      timer = try context.eventLoop.assumeIsolated().scheduleCallback(at: deadline, handler: self)
    } catch {
      // The event loop is shutting down, and closes every channel.
      timer = nil
    }
  }
}
