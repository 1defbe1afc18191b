import Concurrency
import CurlTransport
import GoogleCalls
import HTTPTypes
import ProgressBusTesting
import Sessions
import Testing

@Suite(.tags(.servers)) struct GoogleClientTests {
  private func withClient<Value: Sendable>(
    _ server: FaultServer, token: String? = nil, quotaTries: Int = 3,
    _ body: (GoogleClient) async throws -> Value
  ) async throws -> Value {
    let transport = CurlTransport()
    var authorization: GoogleClient.Authorization?
    if let token { authorization = { token } }
    let client = GoogleClient(
      baseURL: server.url, transport: transport, authorization: authorization, tries: 3,
      quotaTries: quotaTries,
      backoff: Backoff(first: .milliseconds(1), longest: .milliseconds(5)))
    do {
      let value = try await body(client)
      await transport.shutdown()
      return value
    } catch {
      await transport.shutdown()
      throw error
    }
  }

  private static func error(_ http: Int, _ status: String, _ message: String = "no") -> FaultAnswer
  {
    .json(
      http, #"{"error":{"code":\#(http),"status":"\#(status)","message":"\#(message)"}}"#)
  }

  @Test func aCallIsRepeatedWhenItMayBe() async throws {
    let script: FaultServer.Script = { _ in .json(200, #"{"a":1}"#) }
    try await withFaultServer(otherwise: script) { server in
      try await withClient(server, token: "token") { client in
        server.answerNext(Self.error(503, "UNAVAILABLE"), .cut)
        let answer = try await client.send(GoogleCall(.get, "/x"))
        #expect(answer == .map(["a": .integer(1)]))
        #expect(server.requests.count == 3)
        #expect(server.requests.allSatisfy { $0.headers["authorization"] == "Bearer token" })
      }
    }
  }

  @Test func whoHasTimeWaitsForAQuota() async throws {
    try await withFaultServer { server in
      for (quotaTries, isAnswered) in [(10, true), (6, false)] {
        try await withClient(server, quotaTries: quotaTries) { client in
          let refusals = Array(repeating: Self.error(429, "RESOURCE_EXHAUSTED"), count: 6)
          // Other failures have tries of their own.
          let failures = Array(repeating: Self.error(503, "UNAVAILABLE"), count: 2)
          let asked = server.requests.count
          for answer in refusals + failures { server.answerNext(answer) }
          do throws(GoogleCallError) {
            _ = try await client.send(GoogleCall(.get, "/x"))
            #expect(isAnswered)
            #expect(server.requests.count - asked == 9)
          } catch {
            #expect(!isAnswered)
            #expect(error.storeError == .throttled(after: nil))
            #expect(server.requests.count - asked == 6)
          }
        }
      }
    }
  }

  @Test func aCallThatMayHaveBeenActedOnIsNotRepeated() async throws {
    try await withFaultServer { server in
      try await withClient(server) { client in
        let call = GoogleCall(.post, "/x", body: [0x7B, 0x7D], repetition: .unlessActed)
        for answer in [FaultAnswer.cut, Self.error(500, "INTERNAL")] {
          server.answerNext(answer)
          let error = await #expect(throws: GoogleCallError.self) { try await client.send(call) }
          #expect(error?.mayHaveActed == true)
        }
        #expect(server.requests.count == 2)
        // It said that it did not.
        server.answerNext(Self.error(503, "UNAVAILABLE"), Self.error(429, "RESOURCE_EXHAUSTED"))
        _ = try await client.send(call)
        #expect(server.requests.count == 5)
      }
    }
  }

  @Test(arguments: [
    (404, "NOT_FOUND", "no", SessionStoreError.missing), (409, "ALREADY_EXISTS", "no", .exists),
    (400, "FAILED_PRECONDITION", "no", .stale),
    (403, "PERMISSION_DENIED", "no", .denied("HTTP 403 PERMISSION_DENIED: no")),
    (
      404, "NOT_FOUND", "The database (default) does not exist",
      .denied("HTTP 404 NOT_FOUND: The database (default) does not exist")
    ),
    (
      429, "RESOURCE_EXHAUSTED", "maximum request size is 4 MiB",
      .unfit("HTTP 429 RESOURCE_EXHAUSTED: maximum request size is 4 MiB")
    ),
    (
      400, "INVALID_ARGUMENT", "Document projects/p/ada@example.com is bad",
      .unfit("HTTP 400 INVALID_ARGUMENT: Document … is bad")
    ),
  ])
  func anErrorIsWhatItsStatusSays(
    http: Int, status: String, message: String, meaning: SessionStoreError
  ) async throws {
    try await withFaultServer { server in
      try await withClient(server) { client in
        server.answerNext(Self.error(http, status, message))
        let error = await #expect(throws: GoogleCallError.self) {
          try await client.send(GoogleCall(.get, "/x"))
        }
        #expect(error?.storeError == meaning)
        #expect(server.requests.count == 1)
      }
    }
  }
}
