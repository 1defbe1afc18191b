import Cryptography
import CurlTransport
import Foundation
import HTTPTypes

/// An OAuth 2.0 access token (RFC 6749).
struct AccessToken: Sendable {
  let value: String
  let expiresAt: Date
}

/// Where access tokens come from.
protocol AccessTokenSource: Sendable {
  /// Asks for a new token.
  ///
  /// - Throws: `MirrorError.credentials` when it is refused, `MirrorError.unreachable` when nobody
  ///   answers.
  func fetch() async throws(MirrorError) -> AccessToken
}

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

/// Refreshes the access of a user who logged in with gcloud (RFC 6749, section 6).
struct AuthorizedUserTokens: AccessTokenSource {
  let user: AuthorizedUser
  let transport: any HTTPTransport
  var endpoint = "https://oauth2.googleapis.com/token"

  func fetch() async throws(MirrorError) -> AccessToken {
    try await TokenRequest.send(
      TokenRequest.form(
        endpoint,
        [
          ("grant_type", "refresh_token"), ("client_id", user.clientID),
          ("client_secret", user.clientSecret), ("refresh_token", user.refreshToken),
        ]), over: transport)
  }
}

/// Asks the machine's metadata server, as on Compute Engine and Cloud Run
/// (https://cloud.google.com/compute/docs/access/authenticate-workloads).
struct MetadataTokens: AccessTokenSource {
  private static let flavor = HTTPField.Name("Metadata-Flavor")!

  let host: String
  let transport: any HTTPTransport

  func fetch() async throws(MirrorError) -> AccessToken {
    try await TokenRequest.send(
      TransportRequest(
        .get, "http://\(host)/computeMetadata/v1/instance/service-accounts/default/token",
        headers: [Self.flavor: "Google"], connectTimeout: .seconds(3),
        timeout: .seconds(10)), over: transport)
  }
}

/// Asks a token endpoint (RFC 6749, section 5).
enum TokenRequest {
  private struct Answer: Decodable {
    let accessToken: String
    let expiresIn: Double

    enum CodingKeys: String, CodingKey {
      case accessToken = "access_token"
      case expiresIn = "expires_in"
    }
  }

  private struct Refusal: Decodable {
    let error: String
    let description: String?

    enum CodingKeys: String, CodingKey {
      case error
      case description = "error_description"
    }
  }

  static func form(_ url: String, _ fields: [(name: String, value: String)]) -> TransportRequest {
    TransportRequest(
      .post, url, headers: [.contentType: "application/x-www-form-urlencoded"],
      body: Array(QueryString.form(fields).utf8), timeout: .seconds(15))
  }

  static func send(
    _ request: TransportRequest, over transport: any HTTPTransport
  ) async throws(MirrorError) -> AccessToken {
    let askedAt = Date()
    let response: TransportResponse
    do {
      response = try await transport.send(request)
    } catch {
      throw .unreachable("no access token: \(error)")
    }
    if response.isSuccess {
      guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(response.body)) else {
        throw .unreachable("no access token: the token endpoint's answer is not what RFC 6749 says")
      }
      return AccessToken(
        value: answer.accessToken, expiresAt: askedAt.addingTimeInterval(answer.expiresIn))
    }
    if response.status == 429 || response.status >= 500 {
      throw .unreachable("no access token: the token endpoint answered HTTP \(response.status)")
    }
    // Google's words for a revoked or deleted key; they name no secret.
    let refusal = try? JSONDecoder().decode(Refusal.self, from: Data(response.body))
    let words =
      refusal.map { ": \($0.error)\($0.description.map { " (\($0))" } ?? "")" } ?? ""
    throw .credentials("the token endpoint refused them with HTTP \(response.status)\(words)")
  }
}
