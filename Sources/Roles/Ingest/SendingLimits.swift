import Access
public import CoreMetrics
public import HTTPServer
import NIOCore
import NIOHTTP1
import Observability

/// How fast events may come, by whoever sends them. Shared by all event loops.
public struct SendingLimits: Sendable {
  fileprivate let learners: RateLimiter<TokenHolder>?
  fileprivate let classes: RateLimiter<TokenHolder>?
  fileprivate let addresses: RateLimiter<ClientAddress>?
  fileprivate let proxies: TrustedProxies
  private let refused: (learner: Counter, class: Counter, address: Counter)

  /// - Parameters:
  ///   - learner: events of one learner's token; nil for no limit.
  ///   - classroom: events of one token that may send for a class; nil for no limit.
  ///   - address: events from one address, whatever its tokens; nil for no limit.
  ///   - proxies: those who say in a header from which address a request comes.
  public init(
    learner: RateLimit?, classroom: RateLimit?, address: RateLimit?, proxies: TrustedProxies,
    metrics factory: any MetricsFactory
  ) {
    learners = RateLimiter(learner)
    classes = RateLimiter(classroom)
    addresses = RateLimiter(address)
    self.proxies = proxies
    func counter(_ limit: String) -> Counter {
      ProgressBusMetric.limited.counter([("limit", limit)], in: factory)
    }
    refused = (counter("learner"), counter("class"), counter("address"))
  }

  fileprivate func refusal(_ limit: SenderAllowance.Limit, wait: Int64) -> Problem {
    switch limit {
    case .learner:
      refused.learner.increment()
      return Self.problem("of this learner's token", learners?.limit, wait)
    case .classroom:
      refused.class.increment()
      return Self.problem("of this class's token", classes?.limit, wait)
    case .address:
      refused.address.increment()
      return Self.problem("from this address", addresses?.limit, wait)
    }
  }

  private static func problem(_ whose: String, _ limit: RateLimit?, _ wait: Int64) -> Problem {
    .tooMany(
      "more than \(limit?.perSecond ?? 0) events a second come \(whose); nothing was accepted",
      wait: wait)
  }
}

/// What the senders on one connection may still send. Stays on the connection's event loop. The buckets are looked up
/// once a connection and token; what a request costs is two looks at the clock, and at each bucket.
struct SenderAllowance {
  fileprivate enum Limit { case learner, classroom, address }

  private let limits: SendingLimits
  private var client: LimitedClient
  /// Of the request at hand.
  private var addressBucket: TokenBucket?
  private var tokenBucket: TokenBucket?
  /// The token that was sent last, whose bucket is known.
  private var known: (token: VerifiedToken, bucket: TokenBucket?)?
  private var now = NIODeadline.uptimeNanoseconds(0)

  init(_ limits: SendingLimits, peer: ClientAddress?) {
    self.limits = limits
    client = LimitedClient(peer: peer)
  }

  /// A request has begun.
  ///
  /// - Returns: the answer, when its address has sent too much.
  mutating func begin(_ headers: HTTPHeaders) -> Problem? {
    tokenBucket = nil
    addressBucket = limits.addresses.flatMap {
      client.bucket(for: headers, limiter: $0, proxies: limits.proxies)
    }
    guard addressBucket != nil else { return nil }
    now = .now()
    return refusal()
  }

  /// It is known who sends the request.
  ///
  /// - Returns: the answer, when that token has sent too much.
  mutating func refusal(of caller: Caller) -> Problem? {
    identify(caller)
    guard tokenBucket != nil else { return nil }
    if addressBucket == nil { now = .now() }
    return refusal()
  }

  /// The request has come whole.
  ///
  /// - Returns: the answer, when too much was sent while its body came.
  mutating func lastLook(at caller: Caller) -> Problem? {
    // A key that had to be asked for makes a token known only now.
    if tokenBucket == nil { identify(caller) }
    guard addressBucket != nil || tokenBucket != nil else { return nil }
    now = .now()
    return refusal()
  }

  private mutating func identify(_ caller: Caller) {
    guard let token = caller.token else { return }
    if known?.token !== token { known = (token, bucket(of: token)) }
    tokenBucket = known?.bucket
  }

  /// By the longer of the waits: who comes back sooner would be refused again.
  private func refusal() -> Problem? {
    let ofAddress = addressBucket?.wait(now: now) ?? 0
    let ofToken = tokenBucket?.wait(now: now) ?? 0
    guard max(ofAddress, ofToken) > 0 else { return nil }
    guard ofToken > ofAddress, let token = known?.token else {
      return limits.refusal(.address, wait: ofAddress)
    }
    return limits.refusal(Self.isOfClass(token) ? .classroom : .learner, wait: ofToken)
  }

  /// Counts what the request has brought.
  func take(_ events: Int) {
    addressBucket?.take(events, now: now)
    tokenBucket?.take(events, now: now)
  }

  private func bucket(of token: VerifiedToken) -> TokenBucket? {
    (Self.isOfClass(token) ? limits.classes : limits.learners)?.bucket(of: token.holder)
  }

  private static func isOfClass(_ token: VerifiedToken) -> Bool {
    token.claims.scopes.contains(.ingestClass)
  }
}
