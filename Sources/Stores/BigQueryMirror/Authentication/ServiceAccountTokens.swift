import CurlTransport
import Foundation
import JWTKit

/// Exchanges a signed assertion for access tokens (RFC 7523;
/// https://developers.google.com/identity/protocols/oauth2/service-account).
struct ServiceAccountTokens: AccessTokenSource {
  static let scope = "https://www.googleapis.com/auth/cloud-platform"
  private static let lifetime: TimeInterval = 3_600

  private struct Assertion: JWTPayload {
    let iss: String
    let scope: String
    let aud: String
    let iat: Int
    let exp: Int

    func verify(using algorithm: some JWTAlgorithm) throws {}
  }

  private let account: ServiceAccountKey
  private let keys: JWTKeyCollection
  private let transport: any HTTPTransport

  /// - Throws: `MirrorError.credentials` when the private key cannot be read.
  init(_ account: ServiceAccountKey, transport: any HTTPTransport) async throws(MirrorError) {
    self.account = account
    self.transport = transport
    keys = JWTKeyCollection()
    do {
      let key = try Insecure.RSA.PrivateKey(pem: account.privateKey)
      await keys.add(
        rsa: key, digestAlgorithm: .sha256, kid: JWKIdentifier(string: account.privateKeyID))
    } catch {
      throw .credentials("private_key of \(account.clientEmail) is not an RSA key in PEM form")
    }
  }

  func fetch() async throws(MirrorError) -> AccessToken {
    let issuedAt = Int(Date().timeIntervalSince1970)
    let assertion = Assertion(
      iss: account.clientEmail, scope: Self.scope, aud: account.tokenURI, iat: issuedAt,
      exp: issuedAt + Int(Self.lifetime))
    let signed: String
    do {
      signed = try await keys.sign(assertion, kid: JWKIdentifier(string: account.privateKeyID))
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
