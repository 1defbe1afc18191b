import HTTPServer
import HTTPServerTesting
import NIOCore
import NIOHTTP1
import Testing

@Suite("WebSocket upgrade")
struct WebSocketUpgradeTests {
  @Test("The handshake is answered as RFC 6455 shows it, also after other requests")
  func upgradeAfterKeepAlive() async throws {
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

  @Test("Frames sent right behind the handshake are not lost")
  func eagerClient() async throws {
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

  @Test(
    "A handshake that breaks a rule is refused, and the connection closed",
    arguments: [
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
  func malformedHandshake(request: String, status: Int) async throws {
    try await withServer(webSockets: [EchoSession.route]) { port, _ in
      let client = try await RawClient(port: port)
      try await client.send(request)
      let response = try await client.response()
      #expect(response.status == status)
      if status == 426 { #expect(response.headers["sec-websocket-version"] == "13") }
      #expect(try await client.remainder().readableBytes == 0)
    }
  }

  @Test("The application's refusal reaches the client")
  func refusal() async throws {
    let route = WebSocketRoute(path: "/ws") { _ in
      .refuse(
        HTTPErrorResponse(
          status: .serviceUnavailable, headers: ["retry-after": "2"],
          body: ByteBuffer(string: #"{"title":"down"}"#)))
    }
    try await withServer(webSockets: [route]) { port, _ in
      let client = try await RawClient(port: port)
      let response = try await client.upgrade()
      #expect(response.status == 503)
      #expect(response.headers["retry-after"] == "2")
      #expect(response.headers["connection"] == "close")
      #expect(response.body == #"{"title":"down"}"#)
      #expect(try await client.remainder().readableBytes == 0)
    }
  }

  @Test("Another path is Hummingbird's, even when it asks for a WebSocket")
  func otherPath() async throws {
    try await withServer(webSockets: [EchoSession.route]) { port, _ in
      let client = try await RawClient(port: port)
      #expect(try await client.upgrade("/wsx").status == 404)
    }
  }
}
