import Foundation

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
