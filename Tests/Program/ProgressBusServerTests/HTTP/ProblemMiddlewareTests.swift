import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Testing

@testable import ProgressBusServer

@Suite struct ProblemMiddlewareTests {
  private struct Unforeseen: Error {}

  private func problem(_ path: String) async throws -> TestResponse {
    let router = Router()
    router.add(middleware: ProblemMiddleware())
    router.get("/detail") { _, _ -> String in
      throw HTTPError(.badRequest, message: "limit must be a \"number\"")
    }
    router.get("/busy") { _, _ -> String in
      throw HTTPError(.serviceUnavailable, headers: [.retryAfter: "5"], message: "later")
    }
    router.get("/unforeseen") { _, _ -> String in throw Unforeseen() }
    router.get("/fine") { _, _ in "fine" }
    return try await Application(router: router).test(.router) { client in
      try await client.execute(uri: path, method: .get) { $0 }
    }
  }

  @Test("an error of a route keeps its status and its message")
  func detail() async throws {
    let response = try await problem("/detail")
    #expect(response.status == .badRequest)
    #expect(response.headers[.contentType] == "application/problem+json")
    #expect(response.headers[.cacheControl] == "no-store")
    let body = String(buffer: response.body)
    #expect(body.contains(#""detail":"limit must be a \"number\"""#))
    #expect(body.contains(#""status":400"#))
    #expect(body.contains(#""title":"Bad Request""#))
    #expect(body.contains(#""type":"about:blank""#))
  }

  @Test("headers of an error reach the client")
  func headers() async throws {
    let response = try await problem("/busy")
    #expect(response.status == .serviceUnavailable)
    #expect(response.headers[.retryAfter] == "5")
    #expect(response.headers[.contentType] == "application/problem+json")
  }

  @Test("an error that nobody foresaw is 500 and tells nothing about itself")
  func unforeseen() async throws {
    let response = try await problem("/unforeseen")
    #expect(response.status == .internalServerError)
    #expect(!String(buffer: response.body).contains("Unforeseen"))
  }

  @Test("an unknown path is a problem, too, and a good answer passes untouched")
  func unknownPath() async throws {
    let response = try await problem("/nowhere")
    #expect(response.status == .notFound)
    #expect(response.headers[.contentType] == "application/problem+json")
    #expect(String(buffer: try await problem("/fine").body) == "fine")
  }
}
