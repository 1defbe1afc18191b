import Cryptography
public import EventBus

/// How processes agree on who takes a hand, and which message an id is, until PostgreSQL tells it: two requests at
/// once both find nothing there.
public struct MessageClaims: Sendable {
  /// By then a worker has stored what was published.
  private static let lifetime = Duration.seconds(120)
  /// What a claim holds before its holder is noted.
  private static let unnamed = "1"

  private let cache: RedisCache

  public init(_ cache: RedisCache) { self.cache = cache }

  /// Claims what `parts` name for `holder`.
  ///
  /// - Returns: whose it was already; nil when it is this holder's now.
  /// - Throws: `BusError`: nobody knows whose it is.
  func claim(_ parts: [String], for holder: String) async throws -> String? {
    // Names of learners are no part of a key in Redis.
    let key = "message-claim:" + SHA256.digest(of: parts.joined(separator: "\0")).lowercaseHex
    for _ in 0..<25 {
      if try await cache.lock(key, for: Self.lifetime) {
        try await cache.store(Array(holder.utf8), for: key, lifetime: Self.lifetime)
        return nil
      }
      let other = try await cache.value(for: key).map { String(decoding: $0, as: UTF8.self) }
      if let other, other != Self.unnamed { return other }
      try await Task.sleep(for: .milliseconds(20))
    }
    return Self.unnamed
  }
}
