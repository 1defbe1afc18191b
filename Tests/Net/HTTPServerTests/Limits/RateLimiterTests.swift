import HTTPServerTesting
import HTTPTypes
import NIOCore
import Testing

@testable import HTTPServer

@Suite struct RateLimiterTests {
  private static let start = NIODeadline.now()

  private static func bucket(_ perSecond: Int, burst: Int) throws -> TokenBucket {
    TokenBucket(try #require(RateLimit(perSecond: perSecond, burst: burst)))
  }

  @Test func aBucketGivesItsBurstAtOnceAndThenItsRate() throws {
    let bucket = try Self.bucket(10, burst: 5)
    var now = Self.start
    for _ in 0..<5 {
      #expect(bucket.wait(now: now) == 0)
      bucket.take(1, now: now)
    }
    #expect(bucket.wait(now: now) == 100_000_000)
    now = now + .milliseconds(100)
    #expect(bucket.wait(now: now) == 0)
    bucket.take(1, now: now)
    #expect(bucket.wait(now: now + .milliseconds(99)) == 1_000_000)
    // Never more than the burst, however long the rest.
    now = now + .hours(1)
    bucket.take(5, now: now)
    #expect(bucket.wait(now: now) == 100_000_000)
  }

  @Test func aBatchCostsItsEventsAndIsNeverTooLarge() throws {
    let bucket = try Self.bucket(100, burst: 10)
    #expect(bucket.wait(now: Self.start) == 0)
    bucket.take(1000, now: Self.start)
    // 990 are owed, and one has to be there.
    #expect(bucket.wait(now: Self.start) == 9_910_000_000)
    #expect(bucket.wait(now: Self.start + .milliseconds(9909)) > 0)
    #expect(bucket.wait(now: Self.start + .milliseconds(9910)) == 0)
  }

  @Test func threadsTakeNoUnitTwice() async throws {
    let bucket = try Self.bucket(1, burst: 100_000)
    let start = Self.start
    await withTaskGroup { group in
      for _ in 0..<4 {
        group.addTask { for _ in 0..<25_000 { bucket.take(1, now: start) } }
      }
    }
    #expect(bucket.wait(now: Self.start) == 1_000_000_000)
  }

  @Test func aRateOfZeroIsNoLimit() {
    #expect(RateLimit(perSecond: 0, burst: 10) == nil)
    #expect(RateLimiter<Int>(nil) == nil)
  }

  @Test func theAnswerSaysWholeSecondsRoundedUp() {
    for (wait, seconds) in [(1, "1"), (1_000_000_000, "1"), (1_000_000_001, "2")] {
      let problem = Problem.tooMany("too many", wait: Int64(wait))
      #expect(problem.status.code == 429)
      #expect(problem.fields[.retryAfter] == seconds)
    }
  }

  @Test func oneClientHasOneBucketAndOnlyThoseThatSayNothingGoForOthers() throws {
    let limit = RateLimit(interval: .hours(1), burst: 10)
    let limiter = RateLimiter<Int>(limit, capacity: 16 * 8)
    let held = limiter.bucket(of: -1)
    #expect(limiter.bucket(of: -1) === held)
    limiter.bucket(of: -2).take(5, now: .now())
    for client in 0..<10_000 { _ = limiter.bucket(of: client) }
    #expect(limiter.count <= 16 * 8)
    #expect(limiter.bucket(of: -1) === held)
    #expect(!limiter.bucket(of: -2).isFull(now: .now()))
  }

  @Test func whereAllAreInUseMemoryStaysBoundedAndNewOnesAreNotTurnedAway() throws {
    let limit = RateLimit(interval: .hours(1), burst: 10)
    let limiter = RateLimiter<Int>(limit, capacity: 16 * 4)
    for client in 0..<10_000 { limiter.bucket(of: client).take(10, now: .now()) }
    #expect(limiter.count <= 16 * 4)
    #expect(limiter.bucket(of: 10_001).wait(now: .now()) == 0)
  }
}

/// Requests of many addresses, as a proxy on this machine hands them on.
@Suite(.timeLimit(.minutes(2))) struct RequestLimitTests {
  private static func head(
    _ method: String = "GET", _ path: String = "/hello", from address: String?, body: String = ""
  ) -> String {
    let forwarded = address.map { "X-Forwarded-For: \($0)\r\n" } ?? ""
    return "\(method) \(path) HTTP/1.1\r\nHost: t\r\n\(forwarded)"
      + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
  }

  private static func limits(
    _ counter: RefusalCounter, proxies: [AddressRange]
  ) throws -> RequestLimits {
    RequestLimits(
      RateLimiter(RateLimit(interval: .hours(1), burst: 3)),
      proxies: TrustedProxies(proxies),
      onRefusal: { counter.add() })
  }

  @Test func anAddressThatAsksTooMuchIsTold429AndTheOthersAreServed() async throws {
    let counter = RefusalCounter()
    let limits = try Self.limits(counter, proxies: [try #require(AddressRange("127.0.0.0/8"))])
    let handlers: HTTPServerChannel.EarlyHandlers = { [limits.makeHandler(for: $0)] }
    try await withServer(earlyHandlers: handlers, webSockets: [EchoSession.route]) { port, _ in
      let proxy = try await RawClient(port: port)
      for _ in 0..<3 {
        try await proxy.send(Self.head(from: "192.0.2.1"))
        #expect(try await proxy.response().status == 200)
      }
      // Its body is thrown away, and the connection goes on.
      try await proxy.send(Self.head("POST", "/echo", from: "192.0.2.1", body: "hello"))
      let refused = try await proxy.response()
      #expect(refused.status == 429)
      #expect(refused.headers["content-type"] == "application/problem+json")
      #expect(refused.headers["retry-after"].flatMap { Int($0) } ?? 0 > 3000)
      #expect(refused.headers["connection"] == nil)
      try await proxy.send(Self.head("HEAD", from: "192.0.2.1"))
      #expect(try await proxy.response(hasBody: false).status == 429)
      try await proxy.send(Self.head("POST", "/echo", from: "192.0.2.2", body: "hello"))
      #expect(try await proxy.response().body == "hello")
      // The proxy itself, asking whether the server is well.
      for _ in 0..<5 {
        try await proxy.send(Self.head(from: nil))
        #expect(try await proxy.response().status == 200)
      }
      // A handshake is a request too.
      let webSocket = try await RawClient(port: port)
      #expect(
        try await webSocket.upgrade(extra: "X-Forwarded-For: 192.0.2.1\r\n").status == 429)
      let other = try await RawClient(port: port)
      #expect(try await other.upgrade(extra: "X-Forwarded-For: 192.0.2.3\r\n").status == 101)
      #expect(counter.count == 3)
      for client in [proxy, webSocket, other] { client.close() }
    }
  }

  @Test func thisMachineHasNoLimitAndItsHeadersSayNothing() async throws {
    let counter = RefusalCounter()
    let limits = try Self.limits(counter, proxies: [])
    let handlers: HTTPServerChannel.EarlyHandlers = { [limits.makeHandler(for: $0)] }
    try await withServer(earlyHandlers: handlers) { port, _ in
      let client = try await RawClient(port: port)
      for _ in 0..<10 {
        try await client.send(Self.head(from: "192.0.2.1"))
        #expect(try await client.response().status == 200)
      }
      #expect(counter.count == 0)
      client.close()
    }
  }

  @Test func whatDoesNotComeInTimeIsCounted() async throws {
    let (heads, bodies) = (RefusalCounter(), RefusalCounter())
    var configuration = HTTPServerChannelConfiguration()
    configuration.headTimeout = .seconds(2)
    configuration.bodyTimeout = .milliseconds(100)
    configuration.onTimeout = { $0 == .head ? heads.add() : bodies.add() }
    try await withServer(
      configuration: configuration, earlyHandlers: EarlyAnswer.handlers
    ) { port, _ in
      let halfHead = try await RawClient(port: port)
      try await halfHead.send("GET /hello HTTP/1.1\r\nHo")
      #expect(try await halfHead.remainder().readableBytes == 0)
      let halfBody = try await RawClient(port: port)
      try await halfBody.send("POST /early HTTP/1.1\r\nHost: t\r\nContent-Length: 9\r\n\r\nab")
      #expect(try await halfBody.response().status == 408)
      #expect(heads.count == 1 && bodies.count == 1)
      for client in [halfHead, halfBody] { client.close() }
    }
  }
}
