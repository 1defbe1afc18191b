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

  enum State {
    case idle
    /// The request is for someone behind us.
    case passing
    /// The body of `request` is arriving.
    case receiving
    /// An OPTIONS request, answered when it has ended.
    case preflight
    /// A GET of what a client asks of its server, answered when it has ended.
    case describing(ByteBuffer)
    /// The request is complete; the bus has its events, or the issuer is asked for the sender's key.
    case publishing
    /// The request was refused before it had ended; what still comes of it is thrown away.
    case refused
    /// The sender has sent too much; the request is thrown away, and answered when it has ended, so that
    /// the connection can stay.
    case limited
  }

  private static let ownMethods = ["POST"]

  let workspace: IngestWorkspace
  var state = State.idle
  /// Not a part of the state: a switch over the state holds a second reference to the body, unless the
  /// optimizer finds a way around it, and every piece would then copy all that came before it.
  private(set) var request: IncomingRequest?
  /// The client whose form the request at hand has; nil for our own.
  var route: ClientRoute?
  /// The fields that its client wants on every answer.
  var clientFields: [(String, String)] = []
  /// Who sends it, as far as its header tells.
  private var sender = EventLoopAccessCheck.Finding.caller(.nobody)
  private var problemWithHead: Problem?
  private var knownAuthorization: KnownAuthorization?
  /// What of its memory is counted.
  private var countedBytes = 0
  /// The `Origin` of the request at hand.
  var origin: String?
  /// The request at hand is a HEAD, whose answer has no body (RFC 9110, section 9.3.2).
  var omitsBody = false
  /// Nil where nothing limits senders.
  var allowance: SenderAllowance?
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
      var headers = workspace.policy.preflightHeaders(
        for: origin, methods: route?.methods ?? Self.ownMethods, and: exchange?.fieldNames ?? [])
      headers.add(contentsOf: clientFields)
      write(.noContent, headers, body: nil, context: context)
    case (.describing(let description), .end):
      state = .idle
      write(description, context: context)
    case (.refused, .end):
      state = .idle
    case (.limited, .end):
      state = .idle
      if let excess { answer(excess, context: context) }
      excess = nil
    case (.preflight, .body), (.describing, .body), (.refused, .body), (.limited, .body):
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
  func drop() {
    request = nil
    if countedBytes > 0 { workspace.memory.giveBack(countedBytes) }
    countedBytes = 0
  }

  private func begin(_ head: HTTPRequestHead, _ data: NIOAny, context: ChannelHandlerContext) {
    if Ingest.answers(head.uri) {
      route = nil
    } else if let found = workspace.clients.route(of: head) {
      route = found
    } else {
      state = .passing
      context.fireChannelRead(data)
      return
    }
    let fields = RequestFields(head.headers)
    clientFields = exchange?.fields(answering: head) ?? []
    origin = fields.origin
    omitsBody = head.method == .HEAD
    if isOverLimit(allowance?.begin(head.headers)) { return }
    let methods = route?.methods ?? Self.ownMethods
    switch head.method {
    case .GET where methods == ["GET"], .HEAD where methods == ["GET"]:
      allowance?.take(1)
      state = exchange.map { .describing($0.description(answering: head)) } ?? .refused
    case _ where methods.contains(head.method.rawValue):
      do throws(Problem) {
        if let origin {
          try workspace.policy.admit(origin: origin, host: head.headers.first(name: "host"))
        }
        let authorization =
          exchange.map { $0.authorization(fields.authorization) } ?? fields.authorization
        sender = workspace.sender(authorization, known: &knownAuthorization)
        switch sender {
        case .caller(let caller): if isOverLimit(allowance?.refusal(of: caller)) { return }
        case .refused(let problem): throw problem
        case .unknownKey: break
        }
        try checkHead(head)
        request = try IncomingRequest(fields: fields, limit: workspace.bodyBytes)
        state = .receiving
      } catch {
        refuse(error, context: context)
      }
    case .OPTIONS:
      allowance?.take(1)
      state = .preflight
    default:
      refuse(.methodNotAllowed(butFor: methods), context: context)
    }
  }

  /// - Throws: what is wrong with the head of a client's request. Whoever may not send is told that first, so it waits where the
  ///   sender's key has to be asked for.
  private func checkHead(_ head: HTTPRequestHead) throws(Problem) {
    problemWithHead = nil
    guard let route, let exchange else { return }
    do throws(Problem) {
      try exchange.check(head, to: route)
    } catch {
      guard case .unknownKey = sender else { throw error }
      problemWithHead = error
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
    do throws(Problem) {
      if let route {
        if let problemWithHead { throw problemWithHead }
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
    allowance?.take(max(1, batch.accepted.count + batch.ignored.count + batch.rejected.count))
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
}
