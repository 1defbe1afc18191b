public import Access
import Cryptography
public import CurlTransport
import HTTPServer
import JSONText
public import Logging

/// Signing in at an OpenID provider: authorisation code with PKCE (OpenID Connect Core 1.0, section 3.1; RFC
/// 7636; RFC 9700, section 2.1.1). What comes of it is a token of our own, signed with the deployment's secret.
public struct OpenIDSignIn: Sendable {
  let logger: Logger
  private let configuration: OpenIDConfiguration
  private let provider: OpenIDProvider
  private let keys: KeyStore
  private let attemptKey: [UInt8]
  private let publicURL: String?
  private let issue: @Sendable (OpenIDRights) throws -> String
  private let now: @Sendable () -> Int64

  /// - Parameters:
  ///   - secret: the deployment's; attempts are signed with a key of their own that is made of it.
  ///   - publicURL: where browsers reach the server; nil where they say it by `Host`.
  ///   - issue: makes a token.
  ///   - now: in seconds since 1970.
  public init(
    _ configuration: OpenIDConfiguration, secret: [UInt8], publicURL: String?,
    transport: any HTTPTransport, logger: Logger,
    now: @escaping @Sendable () -> Int64 = AccessCheck.systemSeconds,
    issue: @escaping @Sendable (OpenIDRights) throws -> String
  ) {
    self.configuration = configuration
    self.publicURL = publicURL
    self.logger = logger
    self.now = now
    self.issue = issue
    provider = OpenIDProvider(configuration, transport: transport)
    keys = KeyStore(secret: nil, source: provider, takesUnnamed: true, logger: logger)
    attemptKey = HMACSHA256.code(for: Array("attempts to sign in".utf8), key: secret)
  }

  /// Keeps the provider's configuration and keys fresh until the task is cancelled.
  public func run() async { await keys.run() }

  /// Where the provider sends the browser back to. It has to know this address.
  func redirectURI(isSecure: Bool, authority: String) -> String {
    let base = publicURL ?? "\(isSecure ? "https" : "http")://\(authority)"
    return "\(base)/sign-in/openid/callback"
  }

  /// - Returns: where the browser has to go, and the value of the attempt's cookie.
  func begin(
    page: String?, redirectURI: String
  ) async throws(OpenIDFault) -> (location: String, cookie: String) {
    let endpoint = try await provider.metadata().authorizationEndpoint
    let attempt = SignInAttempt(page: page, endsAt: now() + SignInCookies.attemptSeconds)
    let query = QueryString.form([
      ("response_type", "code"), ("client_id", configuration.clientID),
      ("redirect_uri", redirectURI),
      (
        "scope",
        (["openid"] + configuration.scopes.filter { $0 != "openid" }).joined(separator: " ")
      ),
      ("state", attempt.state(key: attemptKey)), ("nonce", attempt.nonce(key: attemptKey)),
      ("code_challenge", SignInAttempt.challenge(of: attempt.verifier(key: attemptKey))),
      ("code_challenge_method", "S256"),
    ])
    return (
      "\(endpoint)\(endpoint.contains("?") ? "&" : "?")\(query)", attempt.cookie(key: attemptKey)
    )
  }

  /// The attempt that a browser began and that `state` belongs to.
  func attempt(cookie: String?, state: String?) throws(OpenIDFault) -> SignInAttempt {
    guard let cookie, let state,
      let attempt = SignInAttempt(cookie: cookie, key: attemptKey, now: now()),
      areEqualInConstantTime(Array(state.utf8), Array(attempt.state(key: attemptKey).utf8))
    else { throw .unknownAttempt }
    return attempt
  }

  /// - Parameter query: of the provider's answer, whose `state` was found to be the attempt's.
  /// - Returns: a token of our own.
  func finish(
    _ attempt: SignInAttempt, query: QueryParameters, redirectURI: String
  ) async throws(OpenIDFault) -> String {
    try await check(issuer: query["iss"])
    guard let code = query["code"] else {
      throw .declined(OpenIDFault.code(query["error"]))
    }
    let text = try await provider.idToken(
      code: code, verifier: attempt.verifier(key: attemptKey), redirectURI: redirectURI)
    let claims = try await claims(ofIDToken: text, nonce: attempt.nonce(key: attemptKey))
    let rights = try configuration.rules.rights(claims)
    guard let token = try? issue(rights) else {
      throw .providerUnavailable("no token could be signed")
    }
    return token
  }

  /// RFC 9207, section 2.4: an answer may not be taken to another provider than it came from.
  private func check(issuer: String?) async throws(OpenIDFault) {
    if let issuer {
      guard issuer.isSame(configuration.issuer) else { throw .otherIssuer }
    } else if try await provider.metadata().namesItself == true {
      throw .otherIssuer
    }
  }

  /// OpenID Connect Core 1.0, section 3.1.3.7.
  private func claims(
    ofIDToken text: String, nonce: String
  ) async throws(OpenIDFault) -> OpenIDClaims {
    let verified = try await verified(text)
    guard let payload = try? JSONWebSignature(compact: text).payload,
      let claims = OpenIDClaims(payload: payload)
    else { throw .wrongIDToken(.malformed) }
    // Several audiences want to know who asked for it; where it is said, it is us.
    let party = claims.text("azp")
    guard party?.isSame(configuration.clientID) ?? (verified.audience.count == 1) else {
      throw .wrongParty
    }
    guard let claimed = claims.text("nonce"),
      areEqualInConstantTime(Array(claimed.utf8), Array(nonce.utf8))
    else { throw .wrongNonce }
    return claims
  }

  private func verified(_ text: String) async throws(OpenIDFault) -> TokenClaims {
    let verifier = TokenVerifier(
      rules: TokenRules(issuer: configuration.issuer, audience: configuration.clientID),
      keys: keys)
    do throws(TokenFault) { return try verifier.verify(text, now: now()).claims } catch {
      guard error == .unknownKey || error == .keysUnavailable else { throw .wrongIDToken(error) }
    }
    await keys.askForUnknownKey()
    do throws(TokenFault) { return try verifier.verify(text, now: now()).claims } catch {
      throw error.isOfTheServer
        ? .providerUnavailable("its keys cannot be had") : .wrongIDToken(error)
    }
  }
}
