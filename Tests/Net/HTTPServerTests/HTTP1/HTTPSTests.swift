import HTTPServer
import HTTPServerTesting
import NIOCore
import ProgressBusTesting
import Subprocess
import TLS
import Testing

@Suite struct HTTPSTests {
  private static func withHTTPS(
    headTimeout: TimeAmount = .seconds(30),
    _ body:
      @escaping @Sendable (
        _ port: Int, _ authority: TestAuthority, _ certificate: ReloadingServerContext
      ) async throws -> Void
  ) async throws {
    try await withTemporaryFolder("https") { folder in
      let authority = try await TestAuthority(in: folder)
      let pair = try await authority.issue("server")
      var configuration = HTTPServerChannelConfiguration()
      configuration.headTimeout = headTimeout
      let certificate = try ReloadingServerContext(certificate: pair.certificate, key: pair.key)
      configuration.tls = certificate
      try await withServer(configuration: configuration, webSockets: [EchoSession.route]) {
        port, _ in
        try await body(port, authority, certificate)
      }
    }
  }

  @Test func requestsOfOneConnectionAreAnswered() async throws {
    try await Self.withHTTPS { port, authority, _ in
      let client = try await RawClient(
        port: port, tls: .client(authorities: authority.certificate))
      try await client.send("GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n")
      #expect(try await client.response().body == "hello")
      let body = String(repeating: "0123456789", count: 90_000)
      try await client.send(
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
      )
      #expect(try await client.response().body == body)
      try await client.send("GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
      #expect(try await client.response().body == "hello")
      #expect(try await client.remainder().readableBytes == 0)
    }
  }

  @Test func curlTakesTheCertificateForItsNameAlone() async throws {
    try await Self.withHTTPS { port, authority, _ in
      func curl(_ arguments: String...) async throws -> (status: TerminationStatus, output: String)
      {
        let result = try await run(
          .name("curl"),
          arguments: Arguments(
            ["-sS", "--max-time", "20", "--cacert", authority.certificate] + arguments),
          output: .string(limit: 4096), error: .string(limit: 4096))
        return (
          result.terminationStatus, result.standardOutput + result.standardError
        )
      }
      let right = try await curl("https://localhost:\(port)/hello")
      #expect(right.status.isSuccess && right.output == "hello", "\(right)")
      let wrong = try await curl(
        "--resolve", "school.example:\(port):127.0.0.1", "https://school.example:\(port)/hello")
      // "peer's certificate … not OK" (curl(1), exit codes).
      #expect(wrong.status == .exited(60), "\(wrong)")
      let old = try await curl("--tls-max", "1.1", "https://localhost:\(port)/hello")
      #expect(old.status == .exited(35), "\(old)")
    }
  }

  @Test func whatIsNoTLSGetsNothingAndIsClosed() async throws {
    try await Self.withHTTPS { port, _, _ in
      let client = try await RawClient(port: port)
      try await client.send("GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n")
      let answer = try await client.remainder()
      #expect(!String(buffer: answer).contains("hello"))
    }
  }

  @Test func aHandshakeThatNeverEndsIsClosed() async throws {
    try await Self.withHTTPS(headTimeout: .milliseconds(200)) { port, _, _ in
      let client = try await RawClient(port: port)
      // The head of a record that does not come.
      try await client.send([0x16, 3, 1, 2, 0])
      #expect(try await client.remainder().readableBytes == 0)
    }
  }

  @Test func webSocketsOutliveTheRenewalOfTheCertificate() async throws {
    try await Self.withHTTPS { port, authority, certificate in
      let old = try TLSContext.client(authorities: authority.certificate)
      var clients: [RawClient] = []
      for _ in 0..<200 {
        let client = try await RawClient(port: port, tls: old)
        #expect(try await client.upgrade().status == 101)
        _ = try await client.frame()
        clients.append(client)
      }
      try await authority.issue("server", for: "DNS:renewed.example,DNS:localhost")
      #expect(try certificate.reload(onlyIfChanged: true))
      for client in clients {
        try await client.sendFrame(opcode: 9, "still there")
        var answer = try await client.frame()
        // On a slow machine the server asks first whether we are still there.
        while answer.opcode == 9 { answer = try await client.frame() }
        #expect(answer.text == "still there")
      }
      // A new connection gets the new one, which alone has this name.
      let result = try await run(
        .name("curl"),
        arguments: [
          "-sS", "--max-time", "20", "--cacert", authority.certificate, "--resolve",
          "renewed.example:\(port):127.0.0.1", "https://renewed.example:\(port)/hello",
        ], output: .string(limit: 4096), error: .string(limit: 4096))
      #expect(result.standardOutput == "hello", "\(result.standardError)")
      for client in clients { client.close() }
    }
  }
}
