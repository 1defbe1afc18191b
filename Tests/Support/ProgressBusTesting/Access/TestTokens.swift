public import Cryptography
import Foundation

/// What is wrong with a token.
public enum TokenFlaw: String, Sendable, CaseIterable {
  case missing, ended, notYetValid, wrongSignature, algorithmNone, publicKeyAsSecret, unknownKey,
    wrongAudience, wrongIssuer, revoked, withoutEnd, issuedInTheFuture, textAfterTheSignature
}

/// A secret, an RSA key with its JWKS, and tokens of both, good ones and others.
public struct TestTokens: Sendable {
  public static let secret = "a secret of tests that has over 32 bytes"
  public static let issuer = "https://issuer.example"
  public static let audience = "progressbus-tests"
  public static let keyID = "rsa-1"
  /// The `jti` of tokens that are flawed by being revoked.
  public static let revokedID = "revoked-token"

  public let rsaKey: SigningKey
  public let rsaPublicPEM: String
  /// A JWKS with the RSA key.
  public let keySet: String

  /// Makes a new RSA key by the `openssl` command.
  public static func make() async throws -> TestTokens {
    try await withTemporaryFolder("key") { folder in
      try openssl([
        "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", "\(folder)/key",
      ])
      try openssl(["pkey", "-in", "\(folder)/key", "-pubout", "-out", "\(folder)/public"])
      try openssl(["rsa", "-in", "\(folder)/key", "-noout", "-modulus"], to: "\(folder)/modulus")
      let hex = try String(contentsOfFile: "\(folder)/modulus", encoding: .utf8)
        .drop { $0 != "=" }.dropFirst().filter(\.isHexDigit)
      let digits = Array(hex)
      let modulus = stride(from: 0, to: digits.count, by: 2).map {
        UInt8(String(digits[$0...$0 + 1]), radix: 16) ?? 0
      }
      let pem = try String(contentsOfFile: "\(folder)/key", encoding: .utf8)
      return TestTokens(
        rsaKey: try SigningKey(pem: pem),
        rsaPublicPEM: try String(contentsOfFile: "\(folder)/public", encoding: .utf8),
        keySet: #"{"keys":[{"kty":"oct","k":"AAAA"},{"kty":"RSA","use":"sig","alg":"RS256","#
          + #""kid":"\#(keyID)","n":"\#(Base64URL.encode(modulus))","e":"AQAB"}]}"#)
    }
  }

  private static func openssl(_ arguments: [String], to path: String? = nil) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
    process.arguments = arguments
    if let path { _ = FileManager.default.createFile(atPath: path, contents: nil) }
    process.standardOutput =
      try path.map { try FileHandle(forWritingTo: URL(fileURLWithPath: $0)) } ?? .nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw CocoaError(.fileReadUnknown) }
  }

  /// Claims that pass, for an hour.
  public static func claims(
    scope: String, subject: String = "s-1", courses: [String] = [], id: String? = nil
  ) -> [String: any Sendable] {
    let now = Int(Date().timeIntervalSince1970)
    var claims: [String: any Sendable] = [
      "iss": issuer, "aud": [audience, "others"], "sub": subject, "scope": scope,
      "courses": courses, "iat": now, "exp": now + 3600,
    ]
    if let id { claims["jti"] = id }
    return claims
  }

  /// A token of the secret.
  public static func token(_ claims: [String: any Sendable]) throws -> String {
    try JSONWebSignature.sign(
      payload(claims), with: SigningKey(secret: Array(secret.utf8)))
  }

  public static func token(
    scope: String, subject: String = "s-1", courses: [String] = [], id: String? = nil
  ) throws -> String {
    try token(claims(scope: scope, subject: subject, courses: courses, id: id))
  }

  /// A token of the RSA key.
  public func rsaToken(_ claims: [String: any Sendable]) throws -> String {
    try JSONWebSignature.sign(Self.payload(claims), with: rsaKey, keyID: Self.keyID)
  }

  /// A token with this flaw and no other; nil for none at all.
  public func token(
    _ flaw: TokenFlaw, _ claims: [String: any Sendable]
  ) throws -> String? {
    var claims = claims
    let now = Int(Date().timeIntervalSince1970)
    switch flaw {
    case .missing: return nil
    case .ended: claims["exp"] = now - 61
    case .notYetValid: claims["nbf"] = now + 120
    case .issuedInTheFuture: claims["iat"] = now + 120
    case .withoutEnd: claims["exp"] = nil
    case .wrongAudience: claims["aud"] = "another"
    case .wrongIssuer: claims["iss"] = Self.issuer + "/"
    case .revoked: claims["jti"] = Self.revokedID
    case .wrongSignature:
      return try JSONWebSignature.sign(
        Self.payload(claims), with: SigningKey(secret: Array(Self.secret.utf8.reversed())))
    case .algorithmNone:
      let head = Base64URL.encode(Array(#"{"alg":"none"}"#.utf8))
      return "\(head).\(Base64URL.encode(try Self.payload(claims)))."
    case .publicKeyAsSecret:
      return try JSONWebSignature.sign(
        Self.payload(claims), with: SigningKey(secret: Array(rsaPublicPEM.utf8)))
    case .unknownKey:
      return try JSONWebSignature.sign(Self.payload(claims), with: rsaKey, keyID: "rsa-2")
    case .textAfterTheSignature: return try Self.token(claims) + "="
    }
    return try rsaToken(claims)
  }

  private static func payload(_ claims: [String: any Sendable]) throws -> [UInt8] {
    Array(try JSONSerialization.data(withJSONObject: claims, options: .sortedKeys))
  }
}
