import HTTPServer
import HTTPServerTesting
import NIOCore
import Testing

struct HTTPServerChannelTests {
  private static let get = "GET /hello HTTP/1.1\r\nHost: test\r\n\r\n"
  private static let early = "POST /early HTTP/1.1\r\nHost: test\r\nContent-Length: 3\r\n\r\nabc"

  @Test func earlyHandlersAndHummingbirdAnswerInTurnOnOneConnection() async throws {
    try await withServer(earlyHandlers: EarlyAnswer.handlers) { port, _ in
      let client = try await RawClient(port: port)
      for _ in 0..<3 {
        try await client.send(Self.early)
        #expect(try await client.response().body == "3")
        try await client.send(Self.get)
        #expect(try await client.response().body == "hello")
      }
      client.close()
    }
  }

  @Test func pipelinedRequestsAreAnsweredInOrder() async throws {
    try await withServer(earlyHandlers: EarlyAnswer.handlers) { port, _ in
      let client = try await RawClient(port: port)
      try await client.send(String(repeating: Self.get + Self.early, count: 50))
      for _ in 0..<50 {
        #expect(try await client.response().body == "hello")
        #expect(try await client.response().body == "3")
      }
      client.close()
    }
  }

  @Test(arguments: [
    "GET /hello HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n",
    "GET /hello HTTP/1.0\r\nHost: test\r\n\r\n",
    "POST /early HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
    // The decoder stops behind a request to upgrade, so the connection must not seem to go on.
    "GET /hello HTTP/1.1\r\nHost: test\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
  ])
  func theConnectionEndsWhereHTTPSaysSo(request: String) async throws {
    try await withServer(earlyHandlers: EarlyAnswer.handlers) { port, _ in
      let client = try await RawClient(port: port)
      try await client.send(request)
      let response = try await client.response()
      #expect(response.status == 200)
      #expect(response.headers["connection"] == "close")
      #expect(try await client.remainder().readableBytes == 0)
    }
  }

  @Test func http10MayKeepTheConnection() async throws {
    try await withServer { port, _ in
      let client = try await RawClient(port: port)
      for _ in 0..<2 {
        try await client.send("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        #expect(try await client.response().headers["connection"] == "keep-alive")
      }
      client.close()
    }
  }

  @Test func aClientThatHasClosedItsSideStillGetsItsAnswer() async throws {
    try await withServer(earlyHandlers: EarlyAnswer.handlers) { port, _ in
      for request in [Self.get, Self.early] {
        let client = try await RawClient(port: port)
        try await client.send(request)
        try await client.channel.close(mode: .output).get()
        #expect(try await client.response().status == 200)
        #expect(try await client.remainder().readableBytes == 0)
      }
    }
  }

  @Test(arguments: [
    ("NONSENSE\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nX: \(String(repeating: "x", count: 20_000))\r\n\r\n", 431),
    ("GET / HTTP/1.1\r\n\(String(repeating: "X: y\r\n", count: 101))\r\n", 431),
  ])
  func whatIsNoHTTP11GetsAnErrorThatSaysWhy(request: String, status: Int) async throws {
    try await withServer { port, _ in
      let client = try await RawClient(port: port)
      try await client.send(request)
      let response = try await client.response()
      #expect(response.status == status)
      #expect(response.headers["content-type"] == "application/problem+json")
      #expect(try await client.remainder().readableBytes == 0)
    }
  }

  @Test(
    arguments: ["GET /hello", "POST /early", "GET /ws", "GET http://test/hello"],
    ["", "Host: a\r\nHost: a\r\n", "Host: a\r\nhost: b\r\n"]
  ) func aRequestThatDoesNotNameOneHostIsRefusedOnEveryPath(
    line: String, hosts: String
  ) async throws {
    try await expectRefusal("\(line) HTTP/1.1\r\n\(hosts)Content-Length: 3\r\n\r\nabc")
  }

  @Test(arguments: [
    "GET /hello HTTP/1.1\r\nHost: a b\r\n", "POST /early HTTP/1.1\r\nHost: a, b\r\n",
    "GET /ws HTTP/1.1\r\nHost: a/b\r\n", "GET /hello HTTP/1.1\r\nHost: user@a\r\n",
    "GET http://user@a/hello HTTP/1.1\r\nHost: a\r\n",
    "GET http:///hello HTTP/1.1\r\nHost: a\r\n", "GET ftp://a/hello HTTP/1.1\r\nHost: a\r\n",
    "GET * HTTP/1.1\r\nHost: a\r\n", "GET /hello HTTP/1.0\r\nHost: a\r\nHost: a\r\n",
  ]) func whatIsNoHostAndNoTargetForAServerIsRefused(head: String) async throws {
    try await expectRefusal(head + "\r\n")
  }

  /// Sends it behind a good request, because nothing may depend on a connection's first request.
  private func expectRefusal(_ request: String) async throws {
    try await withServer(
      earlyHandlers: EarlyAnswer.handlers, webSockets: [EchoSession.route]
    ) { port, _ in
      let client = try await RawClient(port: port)
      try await client.send(Self.get)
      #expect(try await client.response().status == 200)
      try await client.send(request)
      let response = try await client.response()
      #expect(response.status == 400)
      #expect(response.headers["content-type"] == "application/problem+json")
      #expect(try await client.remainder().readableBytes == 0)
    }
  }

  @Test(arguments: [
    "GET /hello HTTP/1.1\r\nHost:\r\n", "GET /hello HTTP/1.1\r\nHost: my_host:8080 \r\n",
    "GET /hello HTTP/1.1\r\nHost: [::1]:8080\r\n", "GET /hello HTTP/1.0\r\n",
    "GET http://bus/hello HTTP/1.1\r\nHost: bus\r\n",
    "GET HTTPS://bus:8080/hello?a HTTP/1.1\r\nHost: other\r\n",
  ]) func oneHostIsEnoughInTheFieldOrInTheTarget(head: String) async throws {
    try await withServer { port, _ in
      let client = try await RawClient(port: port)
      try await client.send(head + "\r\n")
      #expect(try await client.response().body == "hello")
      client.close()
    }
  }

  @Test func anAbsoluteTargetIsForTheSameHandlersAndItsHostCounts() async throws {
    try await withServer(
      earlyHandlers: EarlyAnswer.handlers, webSockets: [EchoSession.route]
    ) { port, _ in
      var client = try await RawClient(port: port)
      try await client.send(
        "POST http://test/early HTTP/1.1\r\nHost: test\r\nContent-Length: 3\r\n\r\nabc")
      #expect(try await client.response().body == "3")
      #expect(try await client.upgrade("http://test/ws").status == 101)
      client.close()
      client = try await RawClient(port: port)
      #expect(try await client.upgrade("http://evil.example/ws").status == 421)
      client.close()
    }
  }

  @Test func aBodyThatDoesNotComeIsAnswered408() async throws {
    var configuration = HTTPServerChannelConfiguration()
    configuration.bodyTimeout = .milliseconds(100)
    try await withServer(
      configuration: configuration, earlyHandlers: EarlyAnswer.handlers
    ) { port, _ in
      for path in ["/early", "/echo"] {
        let client = try await RawClient(port: port)
        try await client.send("POST \(path) HTTP/1.1\r\nHost: t\r\nContent-Length: 9\r\n\r\nabc")
        #expect(try await client.response().status == 408)
        #expect(try await client.remainder().readableBytes == 0)
      }
    }
  }

  @Test func aConnectionThatSendsNoRequestIsClosed() async throws {
    var configuration = HTTPServerChannelConfiguration()
    configuration.headTimeout = .milliseconds(100)
    try await withServer(configuration: configuration) { port, _ in
      let silent = try await RawClient(port: port)
      // On a busy machine it may be closed before it has sent anything.
      try? await silent.send("GET /hello HT")
      #expect(try await silent.remainder().readableBytes == 0)
    }
  }

  @Test func aConnectionWithoutAnotherRequestIsClosed() async throws {
    var configuration = HTTPServerChannelConfiguration()
    configuration.idleTimeout = .milliseconds(100)
    try await withServer(configuration: configuration) { port, _ in
      let idle = try await RawClient(port: port)
      try await idle.send(Self.get)
      #expect(try await idle.response().status == 200)
      #expect(try await idle.remainder().readableBytes == 0)
    }
  }

  @Test func aClientThatWaitsFor100ContinueGetsIt() async throws {
    try await withServer { port, _ in
      let client = try await RawClient(port: port)
      try await client.send(
        "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
      #expect(try await client.response().status == 100)
      try await client.send("abc")
      #expect(try await client.response().body == "abc")
      client.close()
    }
  }

  @Test func aShutdownClosesIdleConnectionsAndLetsARequestInFlightFinish() async throws {
    try await withServer { port, shutdown in
      let idle = try await RawClient(port: port)
      try await idle.send(Self.get)
      _ = try await idle.response()
      let busy = try await RawClient(port: port)
      try await busy.send(Self.get)
      _ = try await busy.response()
      try await busy.send(
        "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
      #expect(try await busy.response().status == 100)
      await shutdown()
      #expect(try await idle.remainder().readableBytes == 0)
      try await busy.send("abc")
      #expect(try await busy.response().body == "abc")
      #expect(try await busy.remainder().readableBytes == 0)
    }
  }

  @Test func aShutdownDoesNotWaitForABodyThatNeverComes() async throws {
    var configuration = HTTPServerChannelConfiguration()
    configuration.shutdownTimeout = .milliseconds(100)
    try await withServer(configuration: configuration) { port, shutdown in
      let client = try await RawClient(port: port)
      try await client.send(
        "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
      #expect(try await client.response().status == 100)
      await shutdown()
      #expect(try await client.response().status == 408)
    }
  }
}
