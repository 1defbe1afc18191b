public import LocalStack

/// A Redis that also listens for TLS, and asks for the client's certificate there.
public struct EncryptedRedisServer: LocalServer {
  public let plain: RedisServer
  public let encryptedPort: Int
  public let authority: String
  public let pair: TestAuthority.Pair

  public var name: String { plain.name }
  public var folder: String { plain.folder }
  public var port: Int { plain.port }
  public var portFlag: String? { nil }
  /// Without TLS.
  public var url: String { plain.url }
  public var encryptedURL: String { "rediss://localhost:\(encryptedPort)" }

  public init(
    plain: RedisServer, encryptedPort: Int, authority: String, pair: TestAuthority.Pair
  ) {
    self.plain = plain
    self.encryptedPort = encryptedPort
    self.authority = authority
    self.pair = pair
  }

  public func prepare() async throws -> ServerCommand {
    var command = try plain.prepare()
    command.arguments += [
      "--tls-port", "\(encryptedPort)", "--tls-cert-file", pair.certificate, "--tls-key-file",
      pair.key, "--tls-ca-cert-file", authority, "--tls-auth-clients", "yes",
    ]
    return command
  }

  public func isReady() async throws -> Bool { try await plain.isReady() }
}
