public import NIOCore
public import NIOHTTP1

/// How many requests an address may send to what stands behind this handler, WebSockets' handshakes included.
public struct RequestLimits: Sendable {
  let limiter: RateLimiter<ClientAddress>
  let proxies: TrustedProxies
  let onRefusal: @Sendable () -> Void

  /// - Parameter onRefusal: called for each request that is refused, on its event loop.
  public init(
    _ limiter: RateLimiter<ClientAddress>, proxies: TrustedProxies,
    onRefusal: @escaping @Sendable () -> Void
  ) {
    self.limiter = limiter
    self.proxies = proxies
    self.onRefusal = onRefusal
  }

  /// The handler of a new connection, behind those whose requests have limits of their own.
  public func makeHandler(for channel: any Channel) -> any RemovableChannelHandler {
    RequestLimitHandler(self, peer: ClientAddress(channel.remoteAddress))
  }
}

/// Answers requests above the limit with 429, once they have ended, and passes all others on.
final class RequestLimitHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let limits: RequestLimits
  private var client: LimitedClient
  /// The answer to the request at hand, when it is refused.
  private var refusal: Problem?
  /// An answer to HEAD has no body (RFC 9110, section 9.3.2).
  private var omitsBody = false

  init(_ limits: RequestLimits, peer: ClientAddress?) {
    self.limits = limits
    client = LimitedClient(peer: peer)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      refusal = refusal(of: head)
      omitsBody = head.method == .HEAD
      if refusal == nil { break }
      return limits.onRefusal()
    case .body: if refusal != nil { return }
    case .end:
      guard let refusal else { break }
      self.refusal = nil
      return answer(refusal, context: context)
    }
    context.fireChannelRead(data)
  }

  private func refusal(of head: HTTPRequestHead) -> Problem? {
    let bucket = client.bucket(
      for: head.headers, limiter: limits.limiter, proxies: limits.proxies)
    guard let bucket else { return nil }
    let now = NIODeadline.now()
    let wait = bucket.wait(now: now)
    guard wait > 0 else {
      bucket.take(1, now: now)
      return nil
    }
    return .tooMany(
      "more than \(limits.limiter.limit.perSecond) requests a second come from this address; try again later",
      wait: wait)
  }

  private func answer(_ problem: Problem, context: ChannelHandlerContext) {
    let body = problem.body
    var head = problem.head
    head.headers.add(name: "content-length", value: String(body.readableBytes))
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    if !omitsBody { context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil) }
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
  }
}

/// Who is at the other end of a connection, as the limits of addresses count them; the bucket is looked up once where it
/// is the same for every request.
public struct LimitedClient {
  private let peer: ClientAddress?
  private var isKnown = false
  private var bucket: TokenBucket?

  /// - Parameter peer: nil for one without an address, who has no limit.
  public init(peer: ClientAddress?) { self.peer = peer }

  /// Nil for one who has no limit.
  public mutating func bucket(
    for headers: HTTPHeaders, limiter: RateLimiter<ClientAddress>, proxies: TrustedProxies
  ) -> TokenBucket? {
    if isKnown { return bucket }
    guard let peer else { return nil }
    let isProxy = proxies.trust(peer)
    let lines = isProxy ? headers[proxies.headerName] : []
    bucket = proxies.limitedClient(behind: peer, lines: lines).map {
      limiter.bucket(of: $0)
    }
    isKnown = !isProxy
    return bucket
  }
}
