public import Access
import Cryptography
import EventBus
import Events
import Foundation
import Logging
import NIOPosix

/// What operators do with tokens. Nothing here shows the secret.
public enum AccessTokens {
  /// What somebody gave is no token, or not one that can be revoked.
  public struct Unusable: Error, CustomStringConvertible {
    public let description: String
  }

  /// Signs a token with the deployment's secret, for its issuer and audience.
  ///
  /// - Parameters:
  ///   - id: its `jti`.
  ///   - subject: the learner; for others, a name for the log.
  ///   - lifetime: in seconds from now.
  /// - Throws: `ConfigurationError` without a secret.
  public static func issue(
    id: String = newID(), scopes: Set<Scope>, subject: String?, courses: [String], lifetime: Int,
    _ configuration: ServerConfiguration
  ) throws -> String {
    let key = try configuration.tokenSigningKey()
    let now = AccessCheck.systemSeconds()
    var claims = TokenClaims(scopes: scopes, expiresAt: now + Int64(lifetime))
    claims.subject = subject
    claims.name(courses: courses)
    claims.issuer = configuration.tokenRules.issuer
    claims.audience = configuration.tokenRules.audience.map { [$0] } ?? []
    claims.issuedAt = now
    claims.id = id
    return try JSONWebSignature.sign(claims.payload, with: key)
  }

  /// A `jti` that no other token has.
  public static func newID() -> String {
    EventID.random().description
  }

  /// What a token says, as JSON, and what is wrong with it by the deployment's settings; nil when it would be
  /// taken.
  ///
  /// - Throws: `Unusable` for what is no token, `ConfigurationError`, `BusError` when Redis cannot be asked.
  public static func inspect(
    _ text: String, _ configuration: ServerConfiguration
  ) async throws -> (claims: String, fault: String?) {
    let message = try read(text)
    let claims = String(decoding: message.payload, as: UTF8.self)
    guard let keys = try configuration.tokenKeys() else {
      return (claims, "nobody has to log in here, and so it was not checked")
    }
    let revocations = RevocationList(logger: silent)
    try await withBus(configuration) { bus in
      try await revocations.load(
        RevocationsInRedis(tokens: bus.revokedTokens), now: AccessCheck.systemSeconds())
    }
    let check = AccessCheck(
      rules: configuration.tokenRules, keys: keys, revocations: revocations)
    return (claims, await check.fault(ofToken: text)?.description)
  }

  /// By what a token is revoked, and until when that has to be remembered.
  ///
  /// - Throws: `Unusable` for what is no token or has no `jti`.
  public static func revocation(of text: String) throws -> RevokedToken {
    guard let claims = try? TokenClaims(payload: try read(text).payload) else {
      throw Unusable(description: "the token does not say when it ends")
    }
    guard let id = claims.id else {
      throw Unusable(description: "the token has no jti, by which it could be revoked")
    }
    return RevokedToken(id: id, expiresAt: claims.expiresAt)
  }

  /// Revokes a token, in every process within 5 s.
  ///
  /// - Throws: `BusError`.
  public static func revoke(
    _ token: RevokedToken, _ configuration: ServerConfiguration
  ) async throws {
    try await withBus(configuration) { bus in
      try await RevocationsInRedis(tokens: bus.revokedTokens).revoke([token])
    }
  }

  private static func read(_ text: String) throws -> JSONWebSignature {
    do throws(JSONWebSignature.FormatError) {
      return try JSONWebSignature(compact: text)
    } catch {
      throw Unusable(description: "this is no JSON Web Token that can be read here")
    }
  }

  private static let silent = Logger(label: "progressbus.token") { _ in SwiftLogNoOpLogHandler() }

  private static func withBus(
    _ configuration: ServerConfiguration, _ body: (RedisEventBus) async throws -> Void
  ) async throws {
    let bus = try await RedisEventBus.start(
      configuration.bus(), on: MultiThreadedEventLoopGroup.singleton.next(), logger: silent)
    defer { bus.close() }
    try await bus.check()
    try await body(bus)
  }
}
