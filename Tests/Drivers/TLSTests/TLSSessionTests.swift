import NIOCore
import ProgressBusTesting
import Testing

@testable import TLS

/// Two sessions that talk through memory.
@Suite struct TLSSessionTests {
  private static func withSessions(
    serverName: String = "localhost", subjects: String = "DNS:localhost,IP:127.0.0.1",
    days: Int = 2, trusts: Bool = true,
    _ body: @Sendable (TLSSession, TLSSession) throws -> Void
  ) async throws {
    try await withTemporaryFolder("tls") { folder in
      let authority = try await TestAuthority(in: folder)
      let pair = try await authority.issue("server", for: subjects, days: days)
      let server = try TLSContext.server(certificate: pair.certificate, key: pair.key)
      let client = try TLSContext.client(authorities: trusts ? authority.certificate : nil)
      try body(TLSSession(client, serverName: serverName), TLSSession(server))
    }
  }

  /// Carries everything that one has to say to the other, in pieces of `size` bytes.
  private static func carry(from sender: TLSSession, to receiver: TLSSession, size: Int) -> Bool {
    guard var bytes = sender.takeOutgoing(ByteBufferAllocator()) else { return false }
    while let piece = bytes.readSlice(length: min(size, bytes.readableBytes)),
      piece.readableBytes > 0
    {
      #expect(piece.withUnsafeReadableBytes(receiver.receive))
      _ = receiver.handshake()
    }
    return true
  }

  private static func shakeHands(
    _ client: TLSSession, _ server: TLSSession, size: Int = 65_536
  ) -> TLSSession.Outcome {
    _ = client.handshake()
    while carry(from: client, to: server, size: size) || carry(from: server, to: client, size: size)
    {}
    let outcome = client.handshake()
    return outcome == .done ? server.handshake() : outcome
  }

  @Test(arguments: [1, 7, 65_536]) func bytesArriveAsTheyWereSent(size: Int) async throws {
    try await Self.withSessions { client, server in
      #expect(Self.shakeHands(client, server, size: size) == .done)
      let sent = ByteBuffer(bytes: (0..<100_000).map { UInt8(truncatingIfNeeded: $0) })
      #expect(sent.withUnsafeReadableBytes(client.write) == .done)
      client.end()
      var received = ByteBuffer()
      var encrypted = try #require(client.takeOutgoing(ByteBufferAllocator()))
      var outcome = TLSSession.Outcome.waiting
      while let piece = encrypted.readSlice(length: min(size, encrypted.readableBytes)),
        piece.readableBytes > 0
      {
        #expect(piece.withUnsafeReadableBytes(server.receive))
        outcome = server.read(into: &received)
      }
      #expect(received == sent)
      #expect(outcome == .ended)
    }
  }

  @Test(arguments: ["localhost", "127.0.0.1"])
  func aServerIsKnownByNameAndByAddress(name: String) async throws {
    try await Self.withSessions(serverName: name) { client, server in
      #expect(Self.shakeHands(client, server) == .done)
    }
  }

  @Test(
    arguments: [
      ("db.school.example", "DNS:localhost", 2, true, "hostname mismatch"),
      ("10.0.0.1", "DNS:localhost,IP:127.0.0.1", 2, true, "IP address mismatch"),
      // What names a server in `CN` alone names it no more (RFC 6125).
      ("server", "DNS:localhost", 2, true, "hostname mismatch"),
      ("localhost", "DNS:localhost", -1, true, "certificate has expired"),
      ("localhost", "DNS:localhost", 2, false, "unable to get local issuer certificate"),
    ] as [(String, String, Int, Bool, String)])
  func anotherServerIsRefused(
    name: String, subjects: String, days: Int, trusts: Bool, reason: String
  ) async throws {
    try await Self.withSessions(serverName: name, subjects: subjects, days: days, trusts: trusts) {
      client, server in
      guard case .failed(let error) = Self.shakeHands(client, server) else {
        Issue.record("it was taken")
        return
      }
      #expect(error.description == "the peer's certificate: \(reason)")
    }
  }
}
