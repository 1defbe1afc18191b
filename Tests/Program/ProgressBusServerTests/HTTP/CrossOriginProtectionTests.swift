import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Testing

@testable import ProgressBusServer

@Suite struct CrossOriginProtectionTests {
  private func status(
    _ method: HTTPRequest.Method, _ headers: HTTPFields
  ) async throws -> HTTPResponse.Status {
    let router = Router(options: .autoGenerateHeadEndpoints)
    router.add(middleware: ProblemMiddleware())
    router.add(middleware: CrossOriginProtection())
    router.get("/letters") { _, _ in "letters" }
    router.post("/letters") { _, _ in "done" }
    router.delete("/letters") { _, _ in "done" }
    return try await Application(router: router).test(.live) { client in
      try await client.execute(uri: "/letters", method: method, headers: headers) { $0.status }
    }
  }

  private func headers(_ pairs: [(String, String)]) throws -> HTTPFields {
    var headers = HTTPFields()
    for (name, value) in pairs {
      headers.append(HTTPField(name: try #require(HTTPField.Name(name)), value: value))
    }
    return headers
  }

  @Test(
    "what a browser sends for another origin's page is refused",
    arguments: [
      [("Sec-Fetch-Site", "cross-site")], [("Sec-Fetch-Site", "same-site")],
      [("Sec-Fetch-Site", "")],
      [("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Site", "cross-site")],
      [("Sec-Fetch-Site", "cross-site"), ("Origin", "http://localhost")],
      [("Origin", "http://evil.example")], [("Origin", "null")], [("Origin", "")],
      [("Origin", "http://localhost.evil.example")], [("Origin", "http://evil.example/localhost")],
    ])
  func refused(pairs: [(String, String)]) async throws {
    for method in [HTTPRequest.Method.post, .delete] {
      #expect(try await status(method, headers(pairs)) == .forbidden)
    }
    // Reading changes nothing, and the browser keeps the answer from the page.
    #expect(try await status(.get, headers(pairs)) == .ok)
    #expect(try await status(.head, headers(pairs)) == .ok)
  }

  @Test(
    "what this server's page sends, or no browser, passes",
    arguments: [
      [], [("Sec-Fetch-Site", "same-origin")], [("Sec-Fetch-Site", "none")],
      [("Sec-Fetch-Site", "same-origin"), ("Origin", "http://localhost")],
    ])
  func passed(pairs: [(String, String)]) async throws {
    #expect(try await status(.post, headers(pairs)) == .ok)
    #expect(try await status(.delete, headers(pairs)) == .ok)
  }

  @Test("an origin is compared with the host that was asked, port included")
  func originAndHost() async throws {
    let router = Router()
    router.add(middleware: ProblemMiddleware())
    router.add(middleware: CrossOriginProtection())
    router.post("/letters") { _, _ in "done" }
    try await Application(router: router).test(.live) { client in
      // The test client asks for `localhost`.
      for (origin, expected) in [
        ("http://localhost", HTTPResponse.Status.ok), ("http://LOCALHOST", .ok),
        ("https://localhost", .ok), ("http://localhost:8081", .forbidden),
        ("http://127.0.0.1", .forbidden), ("http://localhost.example", .forbidden),
      ] {
        try await client.execute(uri: "/letters", method: .post, headers: [.origin: origin]) {
          #expect($0.status == expected, "\(origin)")
        }
      }
    }
  }
}
