import Access
import Cryptography
import HTTPServerTesting
import Logging
import NIOCore
import Observability
import ProgressBusTesting
import Testing

@testable import HTTPServer
@testable import Ingest

/// Senders that send too much, seen from outside. What is taken does not come back while a test runs.
@Suite(.timeLimit(.minutes(2))) struct SendingLimitsTests {
  private static func limits(
    learner: Int = 1000, classroom: Int = 1000, address: Int = 1000
  ) -> @Sendable (MetricsRegistry) -> SendingLimits? {
    { metrics in
      SendingLimits(
        learner: RateLimit(interval: .hours(1), burst: learner),
        classroom: RateLimit(interval: .hours(1), burst: classroom),
        address: RateLimit(interval: .hours(1), burst: address),
        proxies: TrustedProxies([AddressRange("127.0.0.0/8")].compactMap { $0 }), metrics: metrics)
    }
  }

  private static func keys() throws -> KeyStore {
    KeyStore(
      secret: try VerificationKey(secret: Array(TestTokens.secret.utf8)), source: nil,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }

  private static func from(_ address: String) -> [String] { ["X-Forwarded-For: \(address)"] }

  private static func by(_ token: String) -> [String] { ["Authorization: Bearer \(token)"] }

  private static func batch(_ count: Int, student: String = "s-1") -> String {
    "[\(Array(repeating: SampleText.event(student: student), count: count).joined(separator: ","))]"
  }

  @Test func anAddressThatSendsTooMuchIsTold429AndNothingOfItIsTaken() async throws {
    try await withIngest(limits: Self.limits(address: 3)) { server in
      let client = try await RawClient(port: server.port)
      for _ in 0..<3 {
        #expect(try await client.post(SampleText.event(), Self.from("192.0.2.1")).status == 202)
      }
      let refused = try await client.post(SampleText.event(), Self.from("192.0.2.1"))
      #expect(refused.status == 429)
      #expect(refused.headers["content-type"] == "application/problem+json")
      #expect(refused.headers["retry-after"].flatMap { Int($0) } ?? 0 > 3000)
      #expect(refused.body.contains("nothing was accepted"))
      // On the same connection, which stays.
      #expect(try await client.post(SampleText.event(), Self.from("192.0.2.2")).status == 202)
      let other = try await RawClient(port: server.port)
      #expect(try await other.post(SampleText.event(), Self.from("192.0.2.1")).status == 429)
      // Nor has this machine itself a limit.
      for _ in 0..<10 { #expect(try await other.post(SampleText.event()).status == 202) }
      #expect(try await server.journal().count == 14)
      #expect(server.refusals("address") == 2)
      for client in [client, other] { client.close() }
    }
  }

  @Test func aBatchCostsItsEventsAndWhatIsNoEventCostsOne() async throws {
    try await withIngest(limits: Self.limits(address: 10)) { server in
      let client = try await RawClient(port: server.port)
      let (one, two) = (Self.from("192.0.2.1"), Self.from("192.0.2.2"))
      #expect(try await client.post(Self.batch(9), one).status == 202)
      // One is left: that is enough for all of them, once.
      #expect(try await client.post(Self.batch(100), one).status == 202)
      let refused = try await client.post(SampleText.event(), one)
      #expect(refused.status == 429)
      #expect(refused.headers["retry-after"].flatMap { Int($0) } ?? 0 > 99 * 3600)
      for _ in 0..<8 { #expect(try await client.post("[{", two).status == 400) }
      // Nor is anything else free that comes to this place.
      let preflight = "OPTIONS /student-progress HTTP/1.1\r\nHost: t\r\n\(two[0])\r\n\r\n"
      try await client.send(preflight)
      #expect(try await client.response().status == 204)
      let cut = try await RawClient(port: server.port)
      try await cut.send(
        cut.head(["Content-Length: 10", "Content-Encoding: gzip"] + two) + Array("0123456789".utf8))
      #expect(try await cut.response().status == 400)
      cut.close()
      #expect(try await client.post("[{", two).status == 429)
      #expect(try await server.journal().count == 109)
      client.close()
    }
  }

  @Test func aLearnersTokenHasALimitAndTheNextOneOfTheSameLearnerHasTheSame() async throws {
    try await withIngest(
      access: try Self.keys(), limits: Self.limits(learner: 5, classroom: 20)
    ) { server in
      let client = try await RawClient(port: server.port)
      func token(_ scope: String, _ subject: String) throws -> [String] {
        Self.by(try TestTokens.token(scope: scope, subject: subject, courses: ["default"]))
      }
      #expect(try await client.post(Self.batch(5), token("ingest", "s-1")).status == 202)
      let renewed = Self.by(try TestTokens.token(scope: "ingest", subject: "s-1", id: "next"))
      #expect(try await client.post(SampleText.event(), renewed).status == 429)
      let other = try await client.post(
        SampleText.event(student: "s-2"), token("ingest", "s-2"))
      #expect(other.status == 202)
      // A class is many learners.
      let hub = try token("ingest:class", "s-1")
      #expect(try await client.post(Self.batch(19, student: "s-3"), hub).status == 202)
      #expect(try await client.post(Self.batch(1, student: "s-4"), hub).status == 202)
      #expect(try await client.post(Self.batch(1, student: "s-5"), hub).status == 429)
      #expect(server.refusals("learner") == 1)
      #expect(server.refusals("class") == 1)
      client.close()
    }
  }

  @Test func aTokenWithoutASubjectIsTheOneItIs() async throws {
    try await withIngest(
      access: try Self.keys(), limits: Self.limits(classroom: 2)
    ) { server in
      let client = try await RawClient(port: server.port)
      func token(_ id: String) throws -> [String] {
        var claims = TestTokens.claims(
          scope: "ingest:class", courses: ["default"], id: id)
        claims["sub"] = nil
        return Self.by(try TestTokens.token(claims))
      }
      // Made once: in the next second it would be another.
      let same = try token("a")
      #expect(try await client.post(Self.batch(2), same).status == 202)
      #expect(try await client.post(Self.batch(1), same).status == 429)
      #expect(try await client.post(Self.batch(1), token("b")).status == 202)
      client.close()
    }
  }

  @Test func whoGuessesTokensPaysForEachOfThem() async throws {
    try await withIngest(access: try Self.keys(), limits: Self.limits(address: 3)) { server in
      let guess = Self.by("guess") + Self.from("192.0.2.1")
      var statuses: [Int] = []
      for _ in 0..<4 {
        // A refusal by the header alone ends the connection.
        let client = try await RawClient(port: server.port)
        statuses.append(try await client.post(SampleText.event(), guess).status)
        client.close()
      }
      #expect(statuses == [401, 401, 401, 429])
    }
  }

  @Test func aBodyOfOneWhoIsOverTheLimitIsNotKept() async throws {
    try await withIngest(limits: Self.limits(address: 1)) { server in
      let client = try await RawClient(port: server.port)
      #expect(try await client.post(SampleText.event(), Self.from("192.0.2.1")).status == 202)
      // More than a body may have: one that is kept would be answered 413.
      let size = 2_000_000
      try await client.send(
        client.head(["Content-Length: \(size)"] + Self.from("192.0.2.1")))
      try await client.send([UInt8](repeating: UInt8(ascii: " "), count: size - 1))
      try await client.send(" ")
      #expect(try await client.response().status == 429)
      #expect(try await client.post(SampleText.event(), Self.from("192.0.2.2")).status == 202)
      client.close()
    }
  }
}
