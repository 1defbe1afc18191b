import CurlTransport
import HTTPTypes
import ProgressBusTesting
import Testing
import Zlib

@Suite struct CurlTransportTests {
  @Test(arguments: [HTTPRequest.Method.get, .post, .put, .patch, .delete])
  func aRequestArrivesAsItWasMeant(_ method: HTTPRequest.Method) async throws {
    try await withTransport { transport, server in
      server.answerNext(.text(201, "made", headers: [("X-Answer", " yes "), ("x-more", "")]))
      let one = try #require(HTTPField.Name("X-One"))
      let empty = try #require(HTTPField.Name("X-Empty"))
      let body = method == .get ? [] : Array("hello, 日本".utf8)
      let response = try await transport.send(
        TransportRequest(
          method, server.url + "/a/b?c=%20d",
          headers: [one: "1", empty: ""], body: body))
      #expect(response.status == 201)
      #expect(String(decoding: response.body, as: UTF8.self) == "made")
      #expect(response.headers[HTTPField.Name("x-answer")!] == "yes")
      #expect(response.headers[HTTPField.Name("X-More")!] == "")
      #expect(response.headers[HTTPField.Name("absent")!] == nil)

      let request = try #require(server.requests.first)
      #expect(request.method == method.rawValue)
      #expect(request.target == "/a/b?c=%20d")
      #expect(request.headers["x-one"] == "1")
      #expect(request.headers["x-empty"] == "")
      #expect(request.headers["content-type"] == nil)
      #expect(request.headers["expect"] == nil)
      #expect(request.body == body)
    }
  }

  @Test func aHEADRequestEndsWithoutWaitingForABody() async throws {
    try await withTransport { transport, server in
      server.answerNext(.text(200, "unsent"))
      let response = try await transport.send(TransportRequest(.head, server.url))
      #expect(response.status == 200)
      #expect(response.body.isEmpty)
    }
  }

  @Test func aLargeBodyArrivesWholeWithoutAPauseFor100Continue() async throws {
    try await withTransport { transport, server in
      let body = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      _ = try await transport.send(TransportRequest(.post, server.url, body: body))
      #expect(server.requests.first?.body == body)
    }
  }

  @Test func theConnectionIsKeptForTheNextRequest() async throws {
    try await withTransport { transport, server in
      for _ in 0..<5 { _ = try await transport.send(TransportRequest(.get, server.url)) }
      #expect(server.requests.map(\.connection) == [0, 0, 0, 0, 0])
    }
  }

  @Test func noMoreConnectionsToAHostThanAllowed() async throws {
    try await withTransport(CurlConfiguration(connectionsPerHost: 2)) { transport, server in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<40 {
          group.addTask {
            let response = try await transport.send(
              TransportRequest(.get, server.url + "/\(number)"))
            #expect(response.status == 200)
          }
        }
        try await group.waitForAll()
      }
      #expect(Set(server.requests.map(\.target)).count == 40)
      #expect(Set(server.requests.map(\.connection)).isSubset(of: [0, 1]))
    }
  }

  @Test func aCompressedAnswerIsUnpacked() async throws {
    let text = String(repeating: "progress ", count: 1000)
    let packed = try #require(Gzip.compress(Array(text.utf8)))
    #expect(packed.count < 200)
    try await withTransport { transport, server in
      server.answerNext(
        .respond(status: 200, headers: [("Content-Encoding", "gzip")], body: packed))
      let response = try await transport.send(TransportRequest(.get, server.url))
      #expect(String(decoding: response.body, as: UTF8.self) == text)
      #expect(server.requests.first?.headers["accept-encoding"] == "gzip")
    }
  }

  @Test func aRedirectIsAnAnswerLikeAnyOther() async throws {
    try await withTransport { transport, server in
      server.answerNext(.text(307, "", headers: [("Location", "/elsewhere")]))
      let response = try await transport.send(TransportRequest(.post, server.url))
      #expect(response.status == 307)
      #expect(server.requests.count == 1)
    }
  }

  @Test func aDescriptionShowsNeitherURLNorHeadersNorBody() {
    let request = TransportRequest(
      .post, "http://u:secret@h/?token=secret", headers: [.authorization: "secret"],
      body: Array("secret".utf8))
    var dumped = ""
    dump(request, to: &dumped)
    for text in ["\(request)", String(reflecting: request), dumped] {
      #expect(!text.contains("secret"))
    }
  }
}

/// Runs `body` with a transport and a fault server of its own.
func withTransport(
  _ configuration: CurlConfiguration = CurlConfiguration(),
  otherwise: @escaping FaultServer.Script = { _ in .text(200, "") },
  _ body: (CurlTransport, FaultServer) async throws -> Void
) async throws {
  try await withFaultServer(otherwise: otherwise) { server in
    let transport = CurlTransport(configuration)
    do {
      try await body(transport, server)
    } catch {
      await transport.shutdown()
      throw error
    }
    await transport.shutdown()
  }
}
