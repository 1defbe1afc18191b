import Concurrency
public import CurlTransport
import Foundation

/// Access tokens for other APIs of Google's than BigQuery, found and kept in the same way. Credentials are
/// looked for at the first use.
public actor GoogleAccessTokens {
  private let credentialsPath: String?
  private let resolver: CredentialResolver
  private var cache: TokenCache?

  /// - Parameter credentialsPath: a file that goes before application default credentials.
  public init(
    credentialsPath: String?, environment: [String: String], transport: any HTTPTransport
  ) {
    self.credentialsPath = credentialsPath
    resolver = CredentialResolver(environment: environment, transport: transport)
  }

  /// A token with at least four minutes to live.
  ///
  /// - Throws: `MirrorError.credentials` or `.unreachable`.
  public func value() async throws -> String {
    let cache = try cache ?? TokenCache(resolver.resolve(path: credentialsPath))
    self.cache = cache
    return try await cache.value()
  }
}

/// Keeps one access token for many calls. However many ask at once, one request is made.
actor TokenCache {
  /// Google keeps tokens for an hour and hands out new ones from about five minutes before their end.
  static let refreshedAhead: TimeInterval = 240

  private let source: any AccessTokenSource
  private let now: @Sendable () -> Date
  private var current: AccessToken?
  private let fetches = SingleFlight<OnlyKey, AccessToken, any Error>()

  init(_ source: any AccessTokenSource, now: @escaping @Sendable () -> Date = { Date() }) {
    self.source = source
    self.now = now
  }

  /// A token with at least four minutes to live.
  ///
  /// - Throws: `MirrorError`.
  func value() async throws -> String {
    if let current, current.expiresAt.timeIntervalSince(now()) > Self.refreshedAhead {
      return current.value
    }
    return try await fetches.value {
      let token = try await self.source.fetch()
      await self.keep(token)
      return token
    }.value
  }

  private func keep(_ token: AccessToken) { current = token }

  /// Forgets the token: Google refused it.
  func discard() {
    current = nil
  }
}
