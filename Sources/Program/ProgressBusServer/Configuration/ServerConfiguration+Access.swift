import Access
import Cryptography
import CurlTransport
import Foundation
import Logging

extension ServerConfiguration {
  /// How to make a secret, for whoever lacks one.
  static let secretAdvice =
    "`openssl rand -base64 48` makes a secret for PROGRESSBUS_JWT_SECRET, with which "
    + "`progressbus token issue` makes tokens"

  /// Whether commands can make tokens; otherwise they are an issuer's alone.
  public var signsTokens: Bool { settings.text("jwt.secret") != nil }

  /// Whether requests need a token.
  public var asksForTokens: Bool {
    signsTokens || settings.text("jwt.jwks") != nil
  }

  var tokenRules: TokenRules {
    TokenRules(
      issuer: settings.text("jwt.issuer"), audience: settings.text("jwt.audience"))
  }

  /// What tokens are checked with; nil where nobody has to log in.
  ///
  /// - Throws: for a secret that is too short, and for a key set that could be changed on its way.
  func tokenKeys(
    logger: Logger = Logger(label: "progressbus") { _ in SwiftLogNoOpLogHandler() }
  ) throws(ConfigurationError) -> KeyStore? {
    guard asksForTokens else { return nil }
    return KeyStore(
      secret: try tokenSecret().map { secret throws(ConfigurationError) in
        guard let key = try? VerificationKey(secret: secret) else { throw Self.shortSecret }
        return key
      }, source: try keySetSource(), logger: logger)
  }

  /// What `progressbus token issue` signs with.
  ///
  /// - Throws: when there is no secret, or one that is too short.
  func tokenSigningKey() throws(ConfigurationError) -> SigningKey {
    guard let secret = try tokenSecret() else {
      throw ConfigurationError(
        "PROGRESSBUS_JWT_SECRET", "is not set, and tokens are signed with it; \(Self.secretAdvice)")
    }
    guard let key = try? SigningKey(secret: secret) else { throw Self.shortSecret }
    return key
  }

  private static let shortSecret = ConfigurationError(
    "PROGRESSBUS_JWT_SECRET", "must have at least 32 bytes; \(secretAdvice)")

  private func tokenSecret() throws(ConfigurationError) -> [UInt8]? {
    guard let text = settings.text("jwt.secret") else { return nil }
    guard text.utf8.count >= 32 else { throw Self.shortSecret }
    return Array(text.utf8)
  }

  private func keySetSource() throws(ConfigurationError) -> (any KeySetSource)? {
    guard let place = settings.text("jwt.jwks") else { return nil }
    guard place.contains("://") else { return KeySetFile(path: place) }
    guard KeySetURL.isTrustworthy(place) else {
      throw ConfigurationError(
        "PROGRESSBUS_JWT_JWKS",
        "must be a file or an https URL: whoever can change it on its way can log in as anybody")
    }
    return KeySetURL(place, transport: CurlTransport())
  }
}
