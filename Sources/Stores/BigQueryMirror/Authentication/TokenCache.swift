import Foundation

/// Keeps one access token for many calls. However many ask at once, one request is made.
actor TokenCache {
  /// Google keeps tokens for an hour and hands out new ones from about five minutes before their end.
  static let refreshedAhead: TimeInterval = 240

  private let source: any AccessTokenSource
  private let now: @Sendable () -> Date
  private var current: AccessToken?
  private var fetching: Task<AccessToken, any Error>?

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
    let task = fetching ?? Task { [source] in try await source.fetch() }
    fetching = task
    do {
      let token = try await task.value
      if fetching == task {
        current = token
        fetching = nil
      }
      return token.value
    } catch {
      if fetching == task { fetching = nil }
      throw error
    }
  }

  /// Forgets the token: Google refused it.
  func discard() {
    current = nil
  }
}
