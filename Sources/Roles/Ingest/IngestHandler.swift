import Access
import EventBus
import HTTPServer
import NIOCore
import NIOHTTP1

/// Answers the requests for the ingest endpoint on the connection's event loop and passes all others
/// on. Expects one request at a time, and a connection that keeps time and closes itself after an
/// answer that says `Connection: close`.
final class IngestHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private enum State {
    case idle
    /// The request is for someone behind us.
    case passing
    /// The body of `request` is arriving.
    case receiving
    /// An OPTIONS request, answered when it has ended.
    case preflight
    /// The request is complete; the bus has its events, or the issuer is asked for the sender's key.
    case publishing
    /// The request was refused before it had ended; what still comes of it is thrown away.
    case refused
    /// The sender has sent too much; the request is thrown away, and answered when it has ended, so that
    /// the connection can stay.
    case limited
  }

  private let workspace: IngestWorkspace
  private var state = State.idle
  /// Not a part of the state: a switch over the state holds a second reference to the body, unless the
  /// optimizer finds a way around it, and every piece would then copy all that came before it.
  private(set) var request: IncomingRequest?
  /// The client whose form the request at hand has; nil for our own.
  private var route: ClientRoute?
  /// Who sends it, as far as its header tells.
  private var sender = EventLoopAccessCheck.Finding.caller(.nobody)
  private var knownAuthorization: KnownAuthorization?
  /// What of its memory is counted.
  private var countedBytes = 0
  /// The `Origin` of the request at hand.
  private var origin: String?
  /// The request at hand is a HEAD, whose answer has no body (RFC 9110, section 9.3.2).
  private var omitsBody = false
  /// Nil where nothing limits senders.
  private var allowance: SenderAllowance?
  /// The answer to a request that is `limited`.
  private var excess: Problem?

  init(workspace: IngestWorkspace, allowance: SenderAllowance? = nil) {
    self.workspace = workspace
    self.allowance = allowance
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch (state, unwrapInboundIn(data)) {
    case (.idle, .head(let head)):
      begin(head, data, context: context)
    case (.passing, .end):
      state = .idle
      context.fireChannelRead(data)
    case (.receiving, .body(var piece)):
      do {
        try request?.append(&piece)
      } catch {
        refuse(error, context: context)
      }
    case (.receiving, .end):
      finish(context: context)
    case (.preflight, .end):
      state = .idle
      let headers = workspace.policy.preflightHeaders(for: origin)
      write(.noContent, headers, body: nil, context: context)
    case (.refused, .end):
      state = .idle
    case (.limited, .end):
      state = .idle
      if let excess { answer(excess, context: context) }
      excess = nil
    case (.preflight, .body), (.refused, .body), (.limited, .body):
      break
    default:
      context.fireChannelRead(data)
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    if let memory = request?.memory { count(memory, context: context) }
    context.fireChannelReadComplete()
  }

  func handlerRemoved(context: ChannelHandlerContext) { drop() }

  /// Counts what a body holds that has not come whole in one read.
  private func count(_ memory: Int, context: ChannelHandlerContext) {
    let more = memory - countedBytes
    guard more > 0 else { return }
    guard workspace.memory.take(more) else { return refuse(.tooMuchArriving(), context: context) }
    countedBytes = memory
  }

  /// Forgets the request at hand.
  private func drop() {
    request = nil
    if countedBytes > 0 { workspace.memory.giveBack(countedBytes) }
    countedBytes = 0
  }

  private func begin(_ head: HTTPRequestHead, _ data: NIOAny, context: ChannelHandlerContext) {
    if Ingest.answers(head.uri) {
      route = nil
    } else if let found = workspace.clients.route(of: head.uri) {
      route = found
    } else {
      state = .passing
      context.fireChannelRead(data)
      return
    }
    let fields = RequestFields(head.headers)
    origin = fields.origin
    omitsBody = head.method == .HEAD
    if isOverLimit(allowance?.begin(head.headers)) { return }
    switch head.method {
    case .POST:
      do throws(Problem) {
        if let origin {
          try workspace.policy.admit(origin: origin, host: head.headers.first(name: "host"))
        }
        sender = workspace.sender(fields, known: &knownAuthorization)
        switch sender {
        case .caller(let caller): if isOverLimit(allowance?.refusal(of: caller)) { return }
        case .refused(let problem): throw problem
        case .unknownKey: break
        }
        request = try IncomingRequest(fields: fields, limit: workspace.bodyBytes)
        state = .receiving
      } catch {
        refuse(error, context: context)
      }
    case .OPTIONS:
      allowance?.take(1)
      state = .preflight
    default:
      refuse(.methodNotAllowed(), context: context)
    }
  }

  private func isOverLimit(_ problem: Problem?) -> Bool {
    guard let problem else { return false }
    excess = problem
    state = .limited
    return true
  }

  private func finish(context: ChannelHandlerContext) {
    guard let request else {
      preconditionFailure("the state says that a request is being received")
    }
    drop()
    do {
      try request.end()
    } catch {
      state = .idle
      allowance?.take(1)
      answer(error, headers: [("connection", "close")], context: context)
      return
    }
    switch sender {
    case .caller(let caller): take(request, from: caller, context: context)
    case .refused: preconditionFailure("the request was refused by its header")
    case .unknownKey(let token):
      state = .publishing
      workspace.senderOnceKeyIsKnown(token).assumeIsolated().whenSuccess { sender in
        self.state = .idle
        switch sender {
        case .success(let caller): self.take(request, from: caller, context: context)
        case .failure(let problem):
          self.allowance?.take(1)
          self.answer(problem, context: context)
        }
      }
    }
  }

  private func take(
    _ request: IncomingRequest, from sender: Caller, context: ChannelHandlerContext
  ) {
    if let problem = allowance?.lastLook(at: sender) {
      state = .idle
      return answer(problem, context: context)
    }
    let batch: DecodedBatch
    do {
      if let route {
        batch = try workspace.decode(request, to: route, from: sender)
      } else {
        batch = try workspace.decode(request, from: sender)
      }
    } catch {
      state = .idle
      allowance?.take(1)
      answer(error, context: context)
      return
    }
    allowance?.take(max(1, batch.accepted.count + batch.rejected.count))
    guard !batch.events.isEmpty else {
      state = .idle
      answer(batch, context: context)
      return
    }
    state = .publishing
    let begin = NIODeadline.now()
    workspace.publish(batch.events).assumeIsolated().whenComplete { result in
      self.state = .idle
      switch result {
      case .success:
        self.workspace.metrics.accepted(batch.events.count)
        self.workspace.metrics.answered(after: .now() - begin)
        self.answer(batch, context: context)
      case .failure(let error):
        let error = error as? BusError ?? .unanswered(String(describing: error))
        self.workspace.metrics.refused(batch.events.count, because: error.fault)
        self.answer(.refusedByBus(error), context: context)
      }
    }
  }

  private func answer(_ batch: DecodedBatch, context: ChannelHandlerContext) {
    let status: HTTPResponseStatus =
      batch.rejected.isEmpty
      ? .accepted : batch.accepted.isEmpty ? .unprocessableEntity : .multiStatus
    var body = context.channel.allocator.buffer(
      capacity: 64 + batch.accepted.count * 64 + batch.rejected.count * 160)
    AnswerBody.write(accepted: batch.accepted, rejected: batch.rejected, to: &body)
    var headers = HTTPHeaders([("content-type", "application/json")])
    workspace.policy.addHeaders(for: origin, to: &headers)
    context.triggerUserOutboundEvent(
      HTTPWholeResponse(status: status, headers: headers, body: body), promise: nil)
  }

  /// Answers a request that has not ended, and ends the connection.
  private func refuse(_ problem: Problem, context: ChannelHandlerContext) {
    state = .refused
    allowance?.take(1)
    drop()
    answer(problem, headers: [("connection", "close")], context: context)
  }

  private func answer(
    _ problem: Problem, headers fields: [(String, String)] = [], context: ChannelHandlerContext
  ) {
    let head = problem.head
    var headers = head.headers
    headers.add(contentsOf: fields)
    workspace.policy.addHeaders(for: origin, to: &headers)
    write(head.status, headers, body: problem.body, context: context)
  }

  private func write(
    _ status: HTTPResponseStatus, _ fields: HTTPHeaders, body: ByteBuffer?,
    context: ChannelHandlerContext
  ) {
    var headers = fields
    if let body { headers.add(name: "content-length", value: String(body.readableBytes)) }
    let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    if let body, !omitsBody {
      context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
    }
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
  }
}
