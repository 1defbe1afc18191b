import HTTPServer
import HTTPTypes
import NIOHTTP1
import Testing

@testable import Ingest

@Suite struct CrossOriginPolicyTests {
  private func headers(_ allowed: [String], for origin: String?) -> HTTPHeaders {
    var headers = HTTPHeaders()
    CrossOriginPolicy(allowedOrigins: allowed).addHeaders(for: origin, to: &headers)
    return headers
  }

  @Test func everyOriginMaySendWhereAllMay() {
    #expect(
      headers(["*"], for: "http://hub.example")
        == [
          "access-control-allow-origin": "*",
          "access-control-expose-headers": "retry-after, accept-encoding, allow",
        ])
  }

  @Test func oneOfSeveralOriginsIsNamedAndCachesAreToldThatTheAnswerDependsOnIt() {
    let allowed = ["http://hub.example", "https://LAB.example"]
    #expect(
      headers(allowed, for: "https://lab.example")
        == [
          "access-control-allow-origin": "https://lab.example", "vary": "Origin",
          "access-control-expose-headers": "retry-after, accept-encoding, allow",
        ])
  }

  @Test(arguments: [
    nil, "https://evil.example", "null", "http://lab.example", "https://lab.example:1",
  ])
  func anotherOriginAndARequestOfNoPageGetNothing(_ origin: String?) {
    #expect(headers(["https://lab.example"], for: origin).isEmpty)
  }

  @Test(arguments: ["https://evil.example", "null", "http://lab.example", "https://lab.example:1"])
  func whereSomeMaySendAPageOfAnotherOriginIsRefused(_ origin: String) {
    let policy = CrossOriginPolicy(allowedOrigins: ["https://lab.example"])
    let problem = #expect(throws: Problem.self) {
      try policy.admit(origin: origin, host: "bus.example:8080")
    }
    #expect(problem?.status == .forbidden)
    #expect(problem?.detail?.contains("PROGRESSBUS_INGEST_ALLOWED_ORIGINS") == true)
    #expect(throws: Never.self) {
      try CrossOriginPolicy(allowedOrigins: ["*"]).admit(origin: origin, host: "bus.example:8080")
    }
  }

  @Test(arguments: [nil, "https://LAB.example", "http://bus.example:8080"])
  func whereSomeMaySendTheNamedOnesTheServersOwnAndNoPageMay(_ origin: String?) throws {
    try CrossOriginPolicy(allowedOrigins: ["https://lab.example"])
      .admit(origin: origin, host: "bus.example:8080")
  }

  @Test func aPreflightsAnswerNamesMethodsHeadersAndHowLongItHolds() {
    let headers = CrossOriginPolicy(allowedOrigins: ["*"]).preflightHeaders(for: "http://a")
    #expect(headers[canonicalForm: "access-control-allow-methods"] == ["POST", "OPTIONS"])
    #expect(headers[canonicalForm: "access-control-allow-headers"].contains("content-type"))
    #expect(headers[canonicalForm: "access-control-allow-headers"].contains("authorization"))
    #expect(headers["access-control-max-age"] == ["86400"])
  }
}
