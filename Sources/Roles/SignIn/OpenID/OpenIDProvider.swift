import Access
import Concurrency
import Cryptography
import CurlTransport
import Foundation
import HTTPTypes
import JSONText

/// What a provider says of itself (OpenID Connect Discovery 1.0, section 3).
struct ProviderMetadata: Decodable, Sendable {
  private enum CodingKeys: String, CodingKey {
    case issuer
    case authorizationEndpoint = "authorization_endpoint"
    case tokenEndpoint = "token_endpoint"
    case keySet = "jwks_uri"
    case clientAuthentication = "token_endpoint_auth_methods_supported"
    case namesItself = "authorization_response_iss_parameter_supported"
  }

  let issuer: String
  let authorizationEndpoint: String
  let tokenEndpoint: String
  let keySet: String
  /// Without it `client_secret_basic` is what there is.
  let clientAuthentication: [String]?
  /// Whether its answers have `iss` (RFC 9207, section 3).
  let namesItself: Bool?
}

/// An OpenID provider, by its discovery document. Any number of callers at once.
actor OpenIDProvider: KeySetSource {
  /// How long a discovery document is good.
  private static let metadataAge = Duration.seconds(600)
  /// How long a provider that does not answer is left alone while its last document will do.
  private static let retryInterval = Duration.seconds(15)
  private static let answerLimit = 1 << 20

  private let configuration: OpenIDConfiguration
  private let transport: any HTTPTransport
  private var known: (metadata: ProviderMetadata, goodUntil: ContinuousClock.Instant)?
  private let fetches = SingleFlight<OnlyKey, ProviderMetadata, OpenIDFault>()

  init(_ configuration: OpenIDConfiguration, transport: any HTTPTransport) {
    self.configuration = configuration
    self.transport = transport
  }

  func metadata() async throws(OpenIDFault) -> ProviderMetadata {
    if let known, .now < known.goodUntil { return known.metadata }
    do throws(OpenIDFault) {
      // Whoever asks to sign in must not make us ask once each.
      let metadata = try await fetches.value { [self] () async throws(OpenIDFault) in
        try await fetchMetadata()
      }
      known = (metadata, .now + Self.metadataAge)
      return metadata
    } catch {
      // Endpoints hardly ever move: what was known goes on to be used.
      guard let known else { throw error }
      self.known?.goodUntil = .now + Self.retryInterval
      return known.metadata
    }
  }

  private func fetchMetadata() async throws(OpenIDFault) -> ProviderMetadata {
    let issuer = configuration.issuer
    let base = issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer
    let answer = try await send(
      TransportRequest(
        .get, "\(base)/.well-known/openid-configuration", headers: [.accept: "application/json"],
        timeout: .seconds(10), responseLimit: Self.answerLimit))
    guard answer.isSuccess else {
      throw .providerUnavailable("its configuration was answered with status \(answer.status)")
    }
    guard
      let metadata = try? JSONDecoder().decode(ProviderMetadata.self, from: Data(answer.body))
    else { throw .providerUnavailable("its configuration lacks what the standard requires") }
    // Section 4.3: or one provider could speak for another.
    guard metadata.issuer.isSame(issuer) else {
      throw .providerUnavailable("its configuration is of another issuer")
    }
    let places = [metadata.authorizationEndpoint, metadata.tokenEndpoint, metadata.keySet]
    guard places.allSatisfy(KeySetURL.isTrustworthy) else {
      throw .providerUnavailable("its configuration names an address without https")
    }
    return metadata
  }

  func keySet() async throws -> [UInt8] {
    let place = try await metadata().keySet
    return try await KeySetURL(place, transport: transport).keySet()
  }

  /// Exchanges a code for the ID token (OpenID Connect Core 1.0, section 3.1.3). A code is good once.
  func idToken(
    code: String, verifier: String, redirectURI: String
  ) async throws(OpenIDFault) -> String {
    let metadata = try await metadata()
    var form = [
      (name: "grant_type", value: "authorization_code"), (name: "code", value: code),
      (name: "redirect_uri", value: redirectURI), (name: "code_verifier", value: verifier),
    ]
    var request = TransportRequest(
      .post, metadata.tokenEndpoint,
      headers: [.accept: "application/json", .contentType: "application/x-www-form-urlencoded"],
      timeout: .seconds(10), responseLimit: Self.answerLimit)
    request.mayBeResent = false
    let methods = metadata.clientAuthentication ?? ["client_secret_basic"]
    if let secret = configuration.clientSecret, methods.contains("client_secret_basic") {
      // RFC 6749, section 2.3.1: each part as a form has it.
      let pair =
        QueryString.percentEncode(configuration.clientID) + ":"
        + QueryString.percentEncode(secret)
      request.headers[.authorization] = "Basic \(Data(pair.utf8).base64EncodedString())"
    } else {
      form.append((name: "client_id", value: configuration.clientID))
      if let secret = configuration.clientSecret {
        form.append((name: "client_secret", value: secret))
      }
    }
    request.body = Array(QueryString.form(form).utf8)
    return try Self.idToken(in: try await send(request))
  }

  private static func idToken(in answer: TransportResponse) throws(OpenIDFault) -> String {
    struct Body: Decodable {
      private enum CodingKeys: String, CodingKey {
        case idToken = "id_token"
        case error
      }
      let idToken: String?
      let error: String?
    }
    let body = try? JSONDecoder().decode(Body.self, from: Data(answer.body))
    if answer.isSuccess, let idToken = body?.idToken { return idToken }
    if (400...499).contains(answer.status) { throw .declined(OpenIDFault.code(body?.error)) }
    throw .providerUnavailable("the code was answered with status \(answer.status)")
  }

  private func send(_ request: TransportRequest) async throws(OpenIDFault) -> TransportResponse {
    do throws(TransportError) { return try await transport.send(request) } catch {
      throw .providerUnavailable("\(error)")
    }
  }
}
