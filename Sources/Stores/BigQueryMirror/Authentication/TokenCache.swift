import Concurrency
import Foundation

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
