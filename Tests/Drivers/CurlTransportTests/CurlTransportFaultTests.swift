import CurlTransport
import HTTPTypes
import ProgressBusTesting
import Testing
import Zlib

@Suite(.timeLimit(.minutes(1))) struct CurlTransportFaultTests {
  @Test func aConnectionCutBeforeTheAnswerIsALostOneAndSaysItMayHaveArrived()
    async throws
  {
    try await withTransport { transport, server in
      server.answerNext(.cut)
      let error = await failure(transport, TransportRequest(.post, server.url, body: [1]))
      #expect(error?.reason == .connectionLost)
      #expect(error?.mayHaveReachedServer == true)
    }
  }

  /// The connection is kept from the request before, so that libcurl takes it for one that the server had
  /// closed.
  @Test(arguments: [true, false])
  func aRequestGoesOutAnewOnlyWhereItMay(mayBeResent: Bool) async throws {
    try await withTransport { transport, server in
      _ = try await transport.send(TransportRequest(.post, server.url, body: [1]))
      server.answerNext(.cut)
      var request = TransportRequest(.post, server.url, body: [2])
      request.mayBeResent = mayBeResent
      let error = await failure(transport, request)
      #expect(error?.reason == (mayBeResent ? nil : .connectionLost))
      #expect(error?.mayHaveReachedServer == (mayBeResent ? nil : true))
      #expect(server.requests.map(\.body) == [[1], [2]] + (mayBeResent ? [[2]] : []))
    }
  }

  @Test func aConnectionCutWithinTheBodyIsALostOne() async throws {
    try await withTransport { transport, server in
      server.answerNext(.cutBody(status: 200, body: Array("whole".utf8), sent: 2))
      let error = await failure(transport, TransportRequest(.get, server.url))
      #expect(error?.reason == .connectionLost)
    }
  }

  @Test(arguments: ["no HTTP at all\r\n\r\n", "\u{0}\u{1}\u{2}", "HTTP/1.1 abc\r\n\r\n"])
  func anAnswerThatIsNoHTTPIsToldFromABadURL(_ garbage: String) async throws {
    try await withTransport { transport, server in
      server.answerNext(.garbage(Array(garbage.utf8)))
      let error = await failure(transport, TransportRequest(.get, server.url))
      #expect(error?.reason == .malformedResponse)
    }
  }

  @Test func aServerThatHangsIsTimedOut() async throws {
    try await withTransport(otherwise: hang) { transport, server in
      let error = await failure(
        transport, TransportRequest(.post, server.url, body: [1], timeout: .milliseconds(200)))
      #expect(error?.reason == .timedOut)
      #expect(error?.mayHaveReachedServer == true)
    }
  }

  @Test func aServerThatTricklesIsTimedOut() async throws {
    try await withTransport { transport, server in
      server.answerNext(
        .trickle(
          status: 200, body: Array(repeating: 0x61, count: 1000), pause: .milliseconds(50)))
      let error = await failure(
        transport, TransportRequest(.get, server.url, timeout: .milliseconds(300)))
      #expect(error?.reason == .timedOut)
    }
  }

  @Test func nobodyListeningCannotHaveGotTheRequest() async throws {
    let transport = CurlTransport()
    let server = try await FaultServer.start { _ in .cut }
    await server.stop()
    let error = await failure(transport, TransportRequest(.post, server.url, body: [1]))
    #expect(error == TransportError(.cannotConnect))
    await transport.shutdown()
  }

  @Test func aNameThatDoesNotExistCannotBeResolved() async {
    let transport = CurlTransport()
    let error = await failure(transport, TransportRequest(.get, "http://nowhere.invalid/"))
    #expect(error == TransportError(.cannotResolve))
    await transport.shutdown()
  }

  @Test(arguments: ["", "no url", "ftp://127.0.0.1/", "file:///etc/passwd", "http://a\u{0}b/"])
  func whatIsNoHttpURLIsRefused(_ url: String) async {
    let transport = CurlTransport()
    let error = await failure(transport, TransportRequest(.get, url))
    #expect(error == TransportError(.invalidURL))
    await transport.shutdown()
  }

  @Test(arguments: ["a\r\nX-Injected: 1", "a\u{0}b"])
  func aHeaderCannotBreakOutOfItsLine(_ value: String) async throws {
    try await withTransport { transport, server in
      let name = try #require(HTTPField.Name("X-Bad"))
      _ = try await transport.send(TransportRequest(.get, server.url, headers: [name: value]))
      let sent = try #require(server.requests.first).headers
      #expect(sent["x-injected"] == nil)
      #expect(sent["x-bad"]?.hasPrefix("a") == true)
    }
  }

  @Test func aCertificateNobodyVouchesForAndAMissingFileOfAuthoritiesFailAsTLS()
    async throws
  {
    try await withTransport { transport, server in
      let plain = server.url.replacing("http:", with: "https:")
      #expect(await failure(transport, TransportRequest(.get, plain))?.reason == .tls)
    }
    try await withTransport(CurlConfiguration(certificateAuthorityFile: "/nowhere.pem")) {
      let error = await failure($0, TransportRequest(.get, "https://127.0.0.1:\($1.port)"))
      #expect(error?.reason == .tls)
    }
  }

  @Test func anAnswerOverTheLimitIsGivenUpAndOneAtTheLimitIsNot() async throws {
    let body = [UInt8](repeating: 0x61, count: 100_000)
    try await withTransport { transport, server in
      server.answerNext(.respond(status: 200, body: body), .respond(status: 200, body: body))
      let error = await failure(
        transport, TransportRequest(.get, server.url, responseLimit: body.count - 1))
      #expect(error?.reason == .responseTooLarge)
      let response = try await transport.send(
        TransportRequest(.get, server.url, responseLimit: body.count))
      #expect(response.body.count == body.count)
    }
  }

  @Test func aSmallAnswerThatUnpacksToALargeOneIsGivenUp() async throws {
    let bomb = try #require(Gzip.compress([UInt8](repeating: 0, count: 20_000_000)))
    try await withTransport { transport, server in
      server.answerNext(
        .respond(status: 200, headers: [("Content-Encoding", "gzip")], body: bomb))
      let error = await failure(
        transport, TransportRequest(.get, server.url, responseLimit: 1_000_000))
      #expect(error?.reason == .responseTooLarge)
    }
  }

  @Test func endlessHeadersAreGivenUp() async throws {
    let headers = (0..<4000).map { ("X-\($0)", String(repeating: "a", count: 50)) }
    try await withTransport { transport, server in
      server.answerNext(.text(200, "", headers: headers))
      let error = await failure(transport, TransportRequest(.get, server.url))
      #expect(error?.reason == .responseTooLarge)
    }
  }
}

/// Why a request failed; nil when it did not.
func failure(_ transport: CurlTransport, _ request: TransportRequest) async -> TransportError? {
  do throws(TransportError) {
    _ = try await transport.send(request)
    return nil
  } catch {
    return error
  }
}
