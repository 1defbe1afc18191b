import Cryptography
import CurlTransport
import Foundation
import HTTPTypes
import NIOConcurrencyHelpers
import ProgressBusTesting
import Testing

/// An OpenID provider that holds to the standard, but for what a test has it do.
final class ProviderStub: HTTPTransport {
  static let issuer = "https://id.school.example/realms/school"
  static let clientID = "progressbus"
  static let clientSecret = "a secret: of clients"

  /// What it knows of a code until that is exchanged.
  struct Grant: Sendable {
    let nonce: String
    let challenge: String
    let redirectURI: String
    let claims: [String: any Sendable]
  }

  private struct State {
    var grants: [String: Grant] = [:]
    var isAway = false
    var metadata: [String: any Sendable] = [:]
    var sign: (@Sendable ([UInt8]) throws -> String)?
    var requests: [TransportRequest] = []
  }

  private let tokens: TestTokens
  private let state = NIOLockedValueBox(State())

  init(_ tokens: TestTokens) { self.tokens = tokens }

  var requests: [TransportRequest] { state.withLockedValue { $0.requests } }

  func goAway(_ isAway: Bool = true) { state.withLockedValue { $0.isAway = isAway } }

  /// Members of the discovery document in place of its own.
  func say(_ metadata: [String: any Sendable]) { state.withLockedValue { $0.metadata = metadata } }

  /// Signs ID tokens in another way.
  func sign(_ sign: @escaping @Sendable ([UInt8]) throws -> String) {
    state.withLockedValue { $0.sign = sign }
  }

  /// What a person does who signs in and agrees.
  ///
  /// - Parameters:
  ///   - location: where the browser was sent.
  ///   - claims: of the ID token, beside or in place of those that the standard requires.
  /// - Returns: the query of the answer.
  func authorize(
    _ location: String, claims: [String: any Sendable]
  ) throws -> String {
    let items = Self.items(try #require(URLComponents(string: location)?.percentEncodedQuery))
    let code = UUID().uuidString
    let grant = Grant(
      nonce: try #require(items["nonce"]),
      challenge: try #require(items["code_challenge"]),
      redirectURI: try #require(items["redirect_uri"]), claims: claims)
    state.withLockedValue { $0.grants[code] = grant }
    return "state=\(try #require(items["state"]))&code=\(code)"
  }

  static func items(_ form: String) -> [String: String] {
    var items: [String: String] = [:]
    for pair in form.split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1).map(String.init)
      items[parts[0]] = parts.count == 2 ? parts[1].removingPercentEncoding : ""
    }
    return items
  }

  func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse {
    let isAway = state.withLockedValue { state in
      state.requests.append(request)
      return state.isAway
    }
    guard !isAway else { throw TransportError(.cannotConnect, mayHaveReachedServer: false) }
    switch request.url {
    case "\(Self.issuer)/.well-known/openid-configuration": return answer(metadata)
    case "\(Self.issuer)/keys":
      return TransportResponse(status: 200, body: Array(tokens.keySet.utf8))
    case "\(Self.issuer)/token": return token(request)
    default: return TransportResponse(status: 404)
    }
  }

  func shutdown() async {}

  private var metadata: [String: any Sendable] {
    let own: [String: any Sendable] = [
      "issuer": Self.issuer, "authorization_endpoint": "\(Self.issuer)/authorize?ui=school",
      "token_endpoint": "\(Self.issuer)/token", "jwks_uri": "\(Self.issuer)/keys",
      "response_types_supported": ["code"], "subject_types_supported": ["public"],
      "id_token_signing_alg_values_supported": ["RS256"],
    ]
    return own.merging(state.withLockedValue { $0.metadata }) { $1 }
  }

  /// A code is good once, for the client that can show the verifier (RFC 7636, section 4.6).
  private func token(_ request: TransportRequest) -> TransportResponse {
    let form = Self.items(String(decoding: request.body, as: UTF8.self))
    let secret = "\(Self.clientID):a%20secret%3A%20of%20clients"
    guard
      request.headers[.authorization] == "Basic \(Data(secret.utf8).base64EncodedString())"
        || form["client_secret"] == Self.clientSecret && form["client_id"] == Self.clientID
    else { return answer(["error": "invalid_client"], status: 401) }
    let grant = state.withLockedValue { $0.grants.removeValue(forKey: form["code"] ?? "") }
    guard let grant, form["grant_type"] == "authorization_code",
      form["redirect_uri"] == grant.redirectURI,
      Base64URL.encode(SHA256.digest(of: form["code_verifier"] ?? "")) == grant.challenge
    else { return answer(["error": "invalid_grant"], status: 400) }
    let now = Int(Date().timeIntervalSince1970)
    let claims: [String: any Sendable] = [
      "iss": Self.issuer, "aud": Self.clientID, "sub": "8f3c", "iat": now, "exp": now + 300,
      "nonce": grant.nonce,
    ]
    let merged = claims.merging(grant.claims) { $1 }
    let sign =
      state.withLockedValue { $0.sign } ?? { [tokens] payload in
        try JSONWebSignature.sign(payload, with: tokens.rsaKey, keyID: TestTokens.keyID)
      }
    guard let payload = try? JSONSerialization.data(withJSONObject: merged),
      let idToken = try? sign(Array(payload))
    else { return TransportResponse(status: 500) }
    return answer(["access_token": "unused", "token_type": "Bearer", "id_token": idToken])
  }

  private func answer(_ body: [String: any Sendable], status: Int = 200) -> TransportResponse {
    let data = (try? JSONSerialization.data(withJSONObject: body)) ?? Data()
    return TransportResponse(status: status, body: Array(data))
  }
}
