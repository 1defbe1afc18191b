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

  @Test func anotherPathIsHummingbirdsEvenWhenItAsksForAWebSocket() async throws {
    try await withServer(webSockets: [EchoSession.route]) { port, _ in
      let client = try await RawClient(port: port)
      #expect(try await client.upgrade("/wsx").status == 404)
    }
  }
}
