import HTTPServer
import HTTPServerTesting
import HTTPTypes
import NIOCore
import NIOHTTP1
import Testing

struct WebSocketUpgradeTests {
  @Test func theHandshakeIsAnsweredAsRFC6455ShowsItAlsoAfterOtherRequests() async throws {
    try await withServer(
      earlyHandlers: EarlyAnswer.handlers, webSockets: [EchoSession.route]
    ) { port, _ in
      let client = try await RawClient(port: port)
      try await client.send("POST /early HTTP/1.1\r\nHost: test\r\nContent-Length: 3\r\n\r\nabc")
      #expect(try await client.response().body == "3")
      try await client.send("GET /hello HTTP/1.1\r\nHost: test\r\n\r\n")
      #expect(try await client.response().body == "hello")
      let response = try await client.upgrade("/ws?x=1")
      #expect(response.status == 101)
      #expect(response.headers["upgrade"] == "websocket")
      #expect(response.headers["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
      #expect(try await client.frame().text == "welcome")
      try await client.sendFrame(opcode: 1, "hi")
      #expect(try await client.frame().text == "hi")
      client.close()
    }
  }

  @Test func framesSentRightBehindTheHandshakeAreNotLost() async throws {
    try await withServer(webSockets: [EchoSession.route]) { port, _ in
      let client = try await RawClient(port: port)
      let handshake =
        "GET /ws HTTP/1.1\r\nHost: t\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
      let frame: [UInt8] = [0x81, 0x82, 0, 0, 0, 0, UInt8(ascii: "h"), UInt8(ascii: "i")]
      try await client.send(Array(handshake.utf8) + frame)
      #expect(try await client.response().status == 101)
      #expect(try await client.frame().text == "welcome")
      #expect(try await client.frame().text == "hi")
      client.close()
    }
  }

  @Test(arguments: [
    (
      "GET /ws HTTP/1.1\r\nHost: t\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", 426
    ),
    (
      "GET /ws HTTP/1.1\r\nHost: t\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n\r\n", 400
    ),
    (
      "GET /ws HTTP/1.1\r\nHost: t\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Version: 13\r\n\r\n", 400
    ),
    (
      "GET /ws HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", 400
    ),
    ("GET /ws HTTP/1.1\r\nHost: t\r\n\r\n", 426),
    ("POST /ws HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\n\r\nab", 405),
  ])
  func aHandshakeThatBreaksARuleIsRefusedAndTheConnectionClosed(request: String, status: Int)
    async throws
  {
    try await withServer(webSockets: [EchoSession.route]) { port, _ in
      let client = try await RawClient(port: port)
      try await client.send(request)
      let response = try await client.response()
      #expect(response.status == status)
      if status == 426 { #expect(response.headers["sec-websocket-version"] == "13") }
      #expect(try await client.remainder().readableBytes == 0)
    }
  }

  @Test func theApplicationsRefusalReachesTheClient() async throws {
    let route = WebSocketRoute(path: "/ws") { _ in
      .refuse(Problem(status: .serviceUnavailable, detail: "down", retryAfter: 2))
    }
    try await withServer(webSockets: [route]) { port, _ in
      let client = try await RawClient(port: port)
      let response = try await client.upgrade()
      #expect(response.status == 503)
      #expect(response.headers["retry-after"] == "2")
      #expect(response.headers["connection"] == "close")
      #expect(response.headers["content-type"] == "application/problem+json")
      #expect(response.body.contains(#""detail":"down""#))
      #expect(try await client.remainder().readableBytes == 0)
    }
  }

  private func status(
    host: String, origins: [String], allowed: [String] = [], other: String = ""
  ) async throws -> Int {
    var route = EchoSession.route
    route.origins = OriginCheck(allowed: allowed)
    return try await withServer(webSockets: [route]) { port, _ in
      let client = try await RawClient(port: port)
      defer { client.close() }
      let fields = origins.map { "Origin: \($0)\r\n" }.joined()
      let response = try await client.upgrade(host: host, extra: fields + other)
      if response.status == 403 {
        #expect(response.headers["content-type"] == "application/problem+json")
        #expect(response.body.contains("PROGRESSBUS_WEBSOCKET_ALLOWED_ORIGINS"))
        #expect(try await client.remainder().readableBytes == 0)
      }
      return response.status
    }
  }

  @Test(
    arguments: [
      ("127.0.0.1:8080", ["http://127.0.0.1:8080"]), ("localhost", ["HTTP://LocalHost"]),
      ("LOCALHOST:8080", ["http://localhost:8080"]), ("[::1]:8080", ["http://[::1]:8080"]),
      ("bus", ["https://bus"]), ("bus:443", ["https://bus"]), ("bus:80", ["http://bus"]),
      ("bus", ["http://bus", "https://bus"]), ("bus", []),
    ] as [(String, [String])]) func theServersOwnPageAndWhatIsNoBrowserMayListen(
      host: String, origins: [String]
    ) async throws
  {
    #expect(try await status(host: host, origins: origins) == 101)
  }

  @Test(
    arguments: [
      ("127.0.0.1:8080", ["https://evil.example"]), ("127.0.0.1:8080", ["http://127.0.0.1:8888"]),
      ("127.0.0.1:8080", ["http://127.0.0.1"]), ("127.0.0.1:8080", ["http://localhost:8080"]),
      ("127.0.0.1:8080", ["null"]), ("127.0.0.1:8080", [""]),
      ("127.0.0.1:8080", ["127.0.0.1:8080"]),
      ("127.0.0.1:8080", ["file://"]), ("bus:443", ["http://bus"]),
      ("127.0.0.1:8080", ["http://127.0.0.1:8080.evil.example"]),
      ("127.0.0.1:8080", ["http://evil.example/127.0.0.1:8080"]),
      ("[::1]:8080", ["http://[::2]:8080"]), ("[::1]:8080", ["http://[::1]"]),
      ("bus", ["http://bus", "http://evil.example"]),
      ("bus", ["http://evil.example", "http://bus"]),
      ("bus", ["http://bus, http://evil.example"]), ("", ["http://evil.example"]),
      ("", ["file://"]),
    ] as [(String, [String])]) func aPageOfAnotherOriginMayNotListen(
      host: String, origins: [String]
    ) async throws
  {
    #expect(try await status(host: host, origins: origins) == 403)
    // Whatever else a page can make its browser send.
    #expect(
      try await status(host: host, origins: origins, other: "Sec-Fetch-Site: same-origin\r\n")
        == 403)
  }

  @Test func theOriginsThatWereNamedMayListenAndNoOthers() async throws {
    let allowed = ["https://School.example", "http://127.0.0.1:8000"]
    for (origin, expected) in [
      ("https://school.example", 101), ("https://SCHOOL.example", 101),
      ("http://127.0.0.1:8000", 101), ("http://bus", 101), ("http://school.example", 403),
      ("https://school.example:8443", 403), ("https://x.school.example", 403), ("null", 403),
    ] {
      #expect(try await status(host: "bus", origins: [origin], allowed: allowed) == expected)
    }
    for origin in ["https://evil.example", "null"] {
      #expect(try await status(host: "bus", origins: [origin], allowed: ["*"]) == 101)
    }
  }

  @Test func aWebSocketIsOpenedOnlyUnderAHostThatIsKnown() async throws {
    var route = EchoSession.route
    route.hosts = HostCheck(["bus.school.example"])
    try await withServer(webSockets: [route]) { port, _ in
      for (host, expected) in [
        ("evil.example:8080", 421), ("127.0.0.1.evil.example", 421), ("school.example", 421),
        ("bus.school.example", 101), ("192.168.1.7:8080", 101), ("localhost", 101),
      ] {
        for origin in ["", "Origin: http://\(host)\r\n"] {
          let client = try await RawClient(port: port)
          let response = try await client.upgrade(host: host, extra: origin)
          #expect(response.status == expected, "\(host)")
          if expected == 421 { #expect(response.body.contains("PROGRESSBUS_HTTP_ALLOWED_HOSTS")) }
          client.close()
        }
      }
    }
  }

  @Test func anotherPathIsHummingbirdsEvenWhenItAsksForAWebSocket() async throws {
    try await withServer(webSockets: [EchoSession.route]) { port, _ in
      let client = try await RawClient(port: port)
      #expect(try await client.upgrade("/wsx").status == 404)
    }
  }
}
