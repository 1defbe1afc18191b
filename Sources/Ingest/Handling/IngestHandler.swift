import EventBus
import NIOCore
import NIOHTTP1
import NIOHTTPCompression

/// Answers the requests for the ingest endpoint on the connection's event loop and passes all others
/// on. Expects one request at a time, as NIO's pipelining handler sees to.
final class IngestHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private enum State {
    case idle
    /// The request is for someone behind us.
    case passing
    case receiving(IncomingRequest)
    /// An OPTIONS request, answered when it has ended.
    case preflight(origin: String?, isKeepAlive: Bool)
    /// The request is complete; the bus has its events.
    case publishing
    /// The request was refused before it had ended; what still comes of it is thrown away, because
    /// a client that is cut off while it sends may never read the answer.
    case discarding(bytes: Int)
  }

  /// What is read, and for how long, of a request that has been refused.
  private static let discardedBytes = 64 * 1024 * 1024
  private static let discardTime = TimeAmount.seconds(5)

  private let workspace: IngestWorkspace
  private var state = State.idle
  private var deadline: Scheduled<Void>?

  init(workspace: IngestWorkspace) {
    self.workspace = workspace
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch (state, unwrapInboundIn(data)) {
    case (.idle, .head(let head)):
      begin(head, data, context: context)
    case (.passing, .end):
      state = .idle
      context.fireChannelRead(data)
    case (.receiving(var request), .body(var piece)):
      // Taken out of the state so that the body has one owner and grows in place.
      state = .idle
      do {
        try request.append(&piece)
        state = .receiving(request)
      } catch {
        refuse(error, origin: request.origin, context: context)
      }
    case (.receiving(let request), .end):
      cancelDeadline()
      finish(request, context: context)
    case (.preflight(let origin, let isKeepAlive), .end):
      state = .idle
      let headers = workspace.policy.preflightHeaders(for: origin)
      write(.noContent, headers, body: nil, isKeepAlive: isKeepAlive, context: context)
    case (.discarding(let bytes), .body(let piece)):
      let sum = bytes + piece.readableBytes
      state = .discarding(bytes: sum)
      if sum > Self.discardedBytes { context.close(promise: nil) }
    case (.discarding, .end):
      cancelDeadline()
      context.close(promise: nil)
    case (.preflight, .body):
      break
    default:
      context.fireChannelRead(data)
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    // Most bodies arrive with their head; only those that do not are put on the clock.
    if case .receiving(let request) = state, deadline == nil {
      startDeadline(workspace.configuration.bodyTimeout, context: context) { handler, context in
        handler.refuse(.slowBody, origin: request.origin, context: context)
      }
    }
    context.fireChannelReadComplete()
  }

  func channelInactive(context: ChannelHandlerContext) {
    cancelDeadline()
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    switch state {
    case .receiving(let request):
      switch error {
      case NIOHTTPDecompression.DecompressionError.limit:
        refuse(
          .tooLarge(limit: workspace.configuration.bodyBytes), origin: request.origin,
          context: context)
      case is NIOHTTPDecompression.DecompressionError,
        is NIOHTTPDecompression.ExtraDecompressionError:
        refuse(.invalidCompression(), origin: request.origin, context: context)
      default:
        context.fireErrorCaught(error)
      }
    case .discarding:
      // The rest of a body that could not be unpacked goes on failing.
      break
    default:
      context.fireErrorCaught(error)
    }
  }

  private func begin(_ head: HTTPRequestHead, _ data: NIOAny, context: ChannelHandlerContext) {
    guard isIngestPath(head.uri) else {
      state = .passing
      context.fireChannelRead(data)
      return
    }
    let origin = head.headers.first(name: "origin")
    switch head.method {
    case .POST:
      do {
        state = .receiving(
          try IncomingRequest(head: head, limit: workspace.configuration.bodyBytes))
        if head.headers.first(name: "expect")?.lowercased() == "100-continue" {
          context.writeAndFlush(
            wrapOutboundOut(.head(HTTPResponseHead(version: head.version, status: .continue))),
            promise: nil)
        }
      } catch {
        refuse(error, origin: origin, context: context)
      }
    case .OPTIONS:
      state = .preflight(origin: origin, isKeepAlive: head.isKeepAlive)
    default:
      refuse(.methodNotAllowed(), origin: origin, context: context)
    }
  }

  private func isIngestPath(_ uri: String) -> Bool {
    Ingest.paths.contains { path in
      uri.utf8.starts(with: path.utf8)
        && (uri.utf8.count == path.utf8.count
          || uri.utf8[uri.utf8.index(uri.utf8.startIndex, offsetBy: path.utf8.count)]
            == UInt8(ascii: "?"))
    }
  }

  private func finish(_ request: IncomingRequest, context: ChannelHandlerContext) {
    let batch: DecodedBatch
    do {
      batch = try workspace.decode(request.body, format: request.format)
    } catch {
      state = .idle
      answer(error, origin: request.origin, isKeepAlive: request.isKeepAlive, context: context)
      return
    }
    guard !batch.events.isEmpty else {
      state = .idle
      answer(batch, to: request, context: context)
      return
    }
    state = .publishing
    workspace.publish(batch.events).assumeIsolated().whenComplete { result in
      self.state = .idle
      switch result {
      case .success:
        self.workspace.metrics.accepted(batch.events.count)
        self.answer(batch, to: request, context: context)
      case .failure(let error):
        let isFull = error as? BusError == .full
        self.workspace.metrics.refused(batch.events.count, isFull: isFull)
        self.answer(
          isFull ? .busFull() : .busUnavailable(), origin: request.origin,
          isKeepAlive: request.isKeepAlive, context: context)
      }
    }
  }

  private func answer(
    _ batch: DecodedBatch, to request: IncomingRequest, context: ChannelHandlerContext
  ) {
    let status: HTTPResponseStatus =
      batch.rejected.isEmpty
      ? .accepted : batch.accepted.isEmpty ? .unprocessableEntity : .multiStatus
    var body = context.channel.allocator.buffer(
      capacity: 64 + batch.accepted.count * 64 + batch.rejected.count * 160)
    AnswerBody.write(accepted: batch.accepted, rejected: batch.rejected, to: &body)
    var headers = HTTPHeaders([("content-type", "application/json")])
    workspace.policy.addHeaders(for: request.origin, to: &headers)
    write(status, headers, body: body, isKeepAlive: request.isKeepAlive, context: context)
  }

  private func answer(
    _ problem: Problem, origin: String?, isKeepAlive: Bool, context: ChannelHandlerContext
  ) {
    var body = context.channel.allocator.buffer(capacity: 256)
    AnswerBody.write(problem, to: &body)
    var headers = HTTPHeaders([("content-type", "application/problem+json")])
    if let seconds = problem.retryAfter {
      headers.add(name: "retry-after", value: String(seconds))
    }
    headers.add(contentsOf: problem.headers)
    workspace.policy.addHeaders(for: origin, to: &headers)
    write(problem.status, headers, body: body, isKeepAlive: isKeepAlive, context: context)
  }

  /// Answers a request that has not ended, and closes the connection once the client has seen it.
  private func refuse(_ problem: Problem, origin: String?, context: ChannelHandlerContext) {
    cancelDeadline()
    state = .discarding(bytes: 0)
    answer(problem, origin: origin, isKeepAlive: true, context: context)
    startDeadline(Self.discardTime, context: context) { _, context in
      context.close(promise: nil)
    }
  }

  private func write(
    _ status: HTTPResponseStatus, _ fields: HTTPHeaders, body: ByteBuffer?, isKeepAlive: Bool,
    context: ChannelHandlerContext
  ) {
    var headers = fields
    var closes = !isKeepAlive
    if case .discarding = state { closes = true }
    if let body { headers.add(name: "content-length", value: String(body.readableBytes)) }
    if closes { headers.add(name: "connection", value: "close") }
    let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    if let body { context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil) }
    let end = wrapOutboundOut(.end(nil))
    if !isKeepAlive {
      context.writeAndFlush(end).assumeIsolated().whenComplete { _ in context.close(promise: nil) }
    } else {
      context.writeAndFlush(end, promise: nil)
    }
  }

  private func startDeadline(
    _ delay: TimeAmount, context: ChannelHandlerContext,
    _ action: @escaping (IngestHandler, ChannelHandlerContext) -> Void
  ) {
    deadline = context.eventLoop.assumeIsolated().scheduleTask(in: delay) { [self] in
      deadline = nil
      action(self, context)
    }
  }

  private func cancelDeadline() {
    deadline?.cancel()
    deadline = nil
  }
}
