import NIOHTTP1
import Testing

@testable import Ingest

@Suite struct CrossOriginPolicyTests {
  private func headers(_ allowed: [String], for origin: String?) -> HTTPHeaders {
    var headers = HTTPHeaders()
    CrossOriginPolicy(allowedOrigins: allowed).addHeaders(for: origin, to: &headers)
    return headers
  }

  @Test("every origin")
  func all() {
    #expect(
      headers(["*"], for: "http://hub.example")
        == [
          "access-control-allow-origin": "*"
        ])
  }

  @Test("one of several origins is named, and caches are told that the answer depends on it")
  func some() {
    let allowed = ["http://hub.example", "https://lab.example"]
    #expect(
      headers(allowed, for: "https://lab.example")
        == ["access-control-allow-origin": "https://lab.example", "vary": "Origin"])
  }

  @Test(
    "another origin, and a request of no page, get nothing",
    arguments: [nil, "https://evil.example", "null", "http://lab.example", "https://lab.example:1"])
  func none(_ origin: String?) {
    #expect(headers(["https://lab.example"], for: origin)["access-control-allow-origin"].isEmpty)
  }

  @Test("a preflight's answer names methods, headers and how long it holds")
  func preflight() {
    let headers = CrossOriginPolicy(allowedOrigins: ["*"]).preflightHeaders(for: "http://a")
    #expect(headers[canonicalForm: "access-control-allow-methods"] == ["POST", "OPTIONS"])
    #expect(headers[canonicalForm: "access-control-allow-headers"].contains("content-type"))
    #expect(headers[canonicalForm: "access-control-allow-headers"].contains("authorization"))
    #expect(headers["access-control-max-age"] == ["86400"])
  }
}
