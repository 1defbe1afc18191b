import LocalStack
import NIOCore
import NIOPosix
import ProgressBusTesting
import RedisDriver
import TLS
import Testing

@Suite(.tags(.servers)) struct RedisTLSTests {
  private let loop = MultiThreadedEventLoopGroup.singleton.next()

  @Test func bothSidesShowTheirCertificates() async throws {
    try await Self.withEncryptedRedis { server, authority, own in
      let tls = RedisTLS(
        context: try .client(
          authorities: authority.certificate, certificate: (own.certificate, own.key)))
      let connection = try await connect(to: server.encryptedURL, tls)
      let megabyte = ByteBuffer(repeating: 7, count: 5_000_000)
      #expect(try await connection.send(["ECHO", .bytes(megabyte)]).get() == .string(megabyte))
      let replies = (1...10_000).map { _ in connection.send(["INCR", "n"]) }
      let values = try await EventLoopFuture.whenAllSucceed(replies, on: loop).get()
      #expect(values == (1...10_000).map { .integer($0) })
      connection.close()

      // Under another name than the address's.
      let named = RedisTLS(context: tls.context, serverName: "localhost")
      let byAddress = "rediss://127.0.0.1:\(server.encryptedPort)"
      try await connect(to: byAddress, named).close()
    }
  }

  @Test func whatDoesNotFitIsRefusedWithItsReason() async throws {
    try await Self.withEncryptedRedis { server, authority, own in
      func reason(
        _ url: String, _ tls: RedisTLS?, within connectTimeout: TimeAmount = .minutes(1)
      ) async throws -> String {
        do {
          try await connect(to: url, tls, within: connectTimeout).close()
          return ""
        } catch {
          return "\(error)"
        }
      }
      let pair = (own.certificate, own.key)
      let good = try TLSContext.client(authorities: authority.certificate, certificate: pair)
      #expect(
        try await reason(server.encryptedURL, RedisTLS(context: good, serverName: "db.example"))
          .contains("hostname mismatch"))
      // It is nobody's whom the system trusts.
      #expect(
        try await reason(server.encryptedURL, nil).contains("the peer's certificate: self-signed"))
      let anonymous = try TLSContext.client(authorities: authority.certificate)
      #expect(try await reason(server.encryptedURL, RedisTLS(context: anonymous)) != "")
      // No TLS on that port, and no end to the wait for it.
      #expect(
        try await reason(
          "rediss://localhost:\(server.port)", RedisTLS(context: good), within: .seconds(2)) != "")
    }
  }

  private func connect(
    to url: String, _ tls: RedisTLS?, within connectTimeout: TimeAmount = .minutes(1)
  ) async throws -> RedisConnection {
    try await RedisConnection.connect(
      to: RedisAddress(parsing: url), on: loop,
      options: RedisConnectionOptions(
        connectTimeout: connectTimeout, responseTimeout: .minutes(1), tls: tls)
    ).get()
  }

  private static func withEncryptedRedis(
    _ body:
      @escaping @Sendable (EncryptedRedisServer, TestAuthority, TestAuthority.Pair) async throws ->
      Void
  ) async throws {
    try await withTemporaryFolder("rediss") { folder in
      let authority = try await TestAuthority(in: folder)
      let server = EncryptedRedisServer(
        plain: RedisServer(folder: folder, port: try LoopbackPort.free()),
        encryptedPort: try LoopbackPort.free(), authority: authority.certificate,
        pair: try await authority.issue("server", for: "DNS:localhost"))
      let own = try await authority.issue("progressbus")
      try await withServer(ServerController(server)) { _ in try await body(server, authority, own) }
    }
  }
}
