import CurlTransport
import ProgressBusTesting
import Testing

@Suite(.timeLimit(.minutes(1))) struct CurlTransportFaultTests {
  @Test func `a connection cut before the answer is a lost one, and says it may have arrived`()
    async throws
  {
    try await withTransport { transport, server in
      server.answerNext(.cut)
      let error = await failure(transport, HTTPRequest(.post, server.url, body: [1]))
      #expect(error?.reason == .connectionLost)
      #expect(error?.mayHaveReachedServer == true)
    }
  }

  @Test func `a connection cut within the body is a lost one`() async throws {
    try await withTransport { transport, server in
      server.answerNext(.cutBody(status: 200, body: Array("whole".utf8), sent: 2))
      let error = await failure(transport, HTTPRequest(.get, server.url))
      #expect(error?.reason == .connectionLost)
    }
  }

  @Test(arguments: ["no HTTP at all\r\n\r\n", "\u{0}\u{1}\u{2}", "HTTP/1.1 abc\r\n\r\n"])
  func `an answer that is no HTTP is told from a bad URL`(_ garbage: String) async throws {
    try await withTransport { transport, server in
      server.answerNext(.garbage(Array(garbage.utf8)))
      let error = await failure(transport, HTTPRequest(.get, server.url))
      #expect(error?.reason == .malformedResponse)
    }
  }

  @Test func `a server that hangs is timed out`() async throws {
    try await withTransport(otherwise: hang) { transport, server in
      let error = await failure(
        transport, HTTPRequest(.post, server.url, body: [1], timeout: .milliseconds(200)))
      #expect(error?.reason == .timedOut)
      #expect(error?.mayHaveReachedServer == true)
    }
  }

  @Test func `a server that trickles is timed out`() async throws {
    try await withTransport { transport, server in
      server.answerNext(
        .trickle(
          status: 200, body: Array(repeating: 0x61, count: 1000), pause: .milliseconds(50)))
      let error = await failure(
        transport, HTTPRequest(.get, server.url, timeout: .milliseconds(300)))
      #expect(error?.reason == .timedOut)
    }
  }

  @Test func `nobody listening cannot have got the request`() async throws {
    let transport = CurlTransport()
    let server = try await FaultServer.start { _ in .cut }
    await server.stop()
    let error = await failure(transport, HTTPRequest(.post, server.url, body: [1]))
    #expect(error == TransportError(.cannotConnect))
    await transport.shutdown()
  }

  @Test func `a name that does not exist cannot be resolved`() async {
    let transport = CurlTransport()
    let error = await failure(transport, HTTPRequest(.get, "http://nowhere.invalid/"))
    #expect(error == TransportError(.cannotResolve))
    await transport.shutdown()
  }

  @Test(arguments: ["", "no url", "ftp://127.0.0.1/", "file:///etc/passwd", "http://a\u{0}b/"])
  func `what is no http URL is refused`(_ url: String) async {
    let transport = CurlTransport()
    let error = await failure(transport, HTTPRequest(.get, url))
    #expect(error == TransportError(.invalidURL))
    await transport.shutdown()
  }

  @Test(arguments: [
    ("X-Bad", "a\r\nX-Injected: 1"), ("X-Bad", "a\u{0}b"), ("X Bad", "a"), ("X:Bad", "a"),
    ("", "a"),
  ])
  func `a header that would break out of its line is refused`(
    _ name: String, _ value: String
  ) async throws {
    try await withTransport { transport, server in
      let headers = HTTPHeaders([HTTPHeaders.Field(name: name, value: value)])
      let error = await failure(transport, HTTPRequest(.get, server.url, headers: headers))
      guard case .invalidRequest(let what)? = error?.reason else {
        Issue.record("got \(String(describing: error))")
        return
      }
      #expect(!what.contains("Injected"))
      #expect(server.requests.isEmpty)
    }
  }

  @Test func `a certificate nobody vouches for and a missing file of authorities fail as TLS`()
    async throws
  {
    try await withTransport { transport, server in
      let plain = server.url.replacing("http:", with: "https:")
      #expect(await failure(transport, HTTPRequest(.get, plain))?.reason == .tls)
    }
    try await withTransport(CurlConfiguration(certificateAuthorityFile: "/nowhere.pem")) {
      let error = await failure($0, HTTPRequest(.get, "https://127.0.0.1:\($1.port)"))
      #expect(error?.reason == .tls)
    }
  }

  @Test func `an answer over the limit is given up, and one at the limit is not`() async throws {
    let body = [UInt8](repeating: 0x61, count: 100_000)
    try await withTransport { transport, server in
      server.answerNext(.respond(status: 200, body: body), .respond(status: 200, body: body))
      let error = await failure(
        transport, HTTPRequest(.get, server.url, responseLimit: body.count - 1))
      #expect(error?.reason == .responseTooLarge)
      let response = try await transport.send(
        HTTPRequest(.get, server.url, responseLimit: body.count))
      #expect(response.body.count == body.count)
    }
  }

  @Test func `a small answer that unpacks to a large one is given up`() async throws {
    let bomb = try #require(Gzip.compress([UInt8](repeating: 0, count: 20_000_000)))
    try await withTransport { transport, server in
      server.answerNext(
        .respond(status: 200, headers: [("Content-Encoding", "gzip")], body: bomb))
      let error = await failure(
        transport, HTTPRequest(.get, server.url, responseLimit: 1_000_000))
      #expect(error?.reason == .responseTooLarge)
    }
  }

  @Test func `endless headers are given up`() async throws {
    let headers = (0..<4000).map { ("X-\($0)", String(repeating: "a", count: 50)) }
    try await withTransport { transport, server in
      server.answerNext(.text(200, "", headers: headers))
      let error = await failure(transport, HTTPRequest(.get, server.url))
      #expect(error?.reason == .responseTooLarge)
    }
  }
}

/// Why a request failed; nil when it did not.
func failure(_ transport: CurlTransport, _ request: HTTPRequest) async -> TransportError? {
  do throws(TransportError) {
    _ = try await transport.send(request)
    return nil
  } catch {
    return error
  }
}
