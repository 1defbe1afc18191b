import Cryptography
import CurlTransport
import Foundation

/// Exchanges a signed assertion for access tokens (RFC 7523;
/// https://developers.google.com/identity/protocols/oauth2/service-account).
struct ServiceAccountTokens: AccessTokenSource {
  static let scope = "https://www.googleapis.com/auth/cloud-platform"
  private static let lifetime = 3_600

  private struct Assertion: Encodable {
    let iss: String
    let scope: String
    let aud: String
    let iat: Int
    let exp: Int
  }

  private let account: ServiceAccountKey
  private let key: SigningKey
  private let transport: any HTTPTransport

  /// - Throws: `MirrorError.credentials` when the private key cannot be read.
  init(_ account: ServiceAccountKey, transport: any HTTPTransport) throws(MirrorError) {
    self.account = account
    self.transport = transport
    guard let key = try? SigningKey(pem: account.privateKey), key.algorithm == .rs256 else {
      throw .credentials("private_key of \(account.clientEmail) is not an RSA key in PEM form")
    }
    self.key = key
  }

  func fetch() async throws(MirrorError) -> AccessToken {
    let issuedAt = Int(Date().timeIntervalSince1970)
    let assertion = Assertion(
      iss: account.clientEmail, scope: Self.scope, aud: account.tokenURI, iat: issuedAt,
      exp: issuedAt + Self.lifetime)
    let signed: String
    do {
      signed = try JSONWebSignature.sign(
        Array(try JSONEncoder.google.encode(assertion)), with: key, keyID: account.privateKeyID)
    } catch {
      throw .credentials("the key of \(account.clientEmail) cannot sign")
    }
    return try await TokenRequest.send(
      TokenRequest.form(
        account.tokenURI,
        [
          ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", signed),
        ]), over: transport)
  }
}
