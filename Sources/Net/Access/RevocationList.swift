public import Logging
import NIOConcurrencyHelpers
import Synchronization

/// A token that is refused although it has not ended.
public struct RevokedToken: Sendable, Hashable {
  /// Its `jti`.
  public let id: String
  /// Its `exp`, in seconds since 1970, after which it need not be remembered; nil when that is not known.
  public let expiresAt: Int64?

  public init(id: String, expiresAt: Int64?) {
    self.id = id
    self.expiresAt = expiresAt
  }
}

/// Where revoked tokens are written down, for all processes.
public protocol RevocationStore: Sendable {
  /// Another word whenever a token was revoked since; nil when none was ever.
  func revision() async throws -> String?
  func revokedTokens() async throws -> [RevokedToken]
  func revoke(_ tokens: [RevokedToken]) async throws
}

/// The revoked tokens as this process knows them. Asking is for every thread.
public final class RevocationList: Sendable {
  private struct State {
    var tokens: [String: RevokedToken]?
    var observers: [@Sendable () -> Void] = []
  }

  /// How often the store is asked: it has to be heard within 5 s, a store that is slow to answer included.
  static let interval = Duration.seconds(1)
  /// How often all is read although nothing is new, for what a store lost.
  private static let completeInterval = Duration.seconds(30)

  private let state = NIOLockedValueBox(State())
  private let changes = Atomic<Int>(0)
  private let logger: Logger

  public init(logger: Logger) {
    self.logger = logger
  }

  /// Another number whenever more tokens are revoked.
  var revision: Int { changes.load(ordering: .acquiring) }

  func refuse(_ claims: TokenClaims) throws(TokenFault) {
    let isRevoked = state.withLockedValue { state -> Bool? in
      guard let tokens = state.tokens else { return nil }
      guard let id = claims.id else { return false }
      return tokens[id] != nil
    }
    guard let isRevoked else { throw .revocationsUnknown }
    if isRevoked { throw .revoked }
  }

  /// Calls `body` after each change, on whatever thread learns of it.
  public func onChange(_ body: @escaping @Sendable () -> Void) {
    state.withLockedValue { $0.observers.append(body) }
  }

  /// Follows the store until the task is cancelled. A store that is away leaves what is known already.
  ///
  /// - Parameter now: seconds since 1970.
  public func follow(
    _ store: any RevocationStore, now: @Sendable () -> Int64
  ) async {
    var known: String??
    var completeAt = ContinuousClock.now
    var hasFailed = false
    while !Task.isCancelled {
      do {
        // Before the tokens: one that is revoked in between is found the next time.
        let revision = try await store.revision()
        if known != .some(revision) || .now >= completeAt {
          let tokens = try await store.revokedTokens()
          let forgotten = learn(tokens, now: now())
          // A store that came back empty is told again.
          if !forgotten.isEmpty { try await store.revoke(forgotten) }
          known = revision
          completeAt = .now + Self.completeInterval
        }
        hasFailed = false
      } catch {
        if !hasFailed, !Task.isCancelled {
          logger.warning(
            "the revoked tokens cannot be read", metadata: ["reason": "\(error)"])
        }
        hasFailed = true
      }
      // Cancelled only when the process ends; the loop's condition sees it.
      try? await Task.sleep(for: Self.interval)
    }
  }

  /// Reads the store once.
  ///
  /// - Parameter now: seconds since 1970.
  public func load(_ store: any RevocationStore, now: Int64) async throws {
    _ = learn(try await store.revokedTokens(), now: now)
  }

  /// - Returns: the tokens that were revoked before, and that the store does not know.
  func learn(_ tokens: [RevokedToken], now: Int64) -> [RevokedToken] {
    let (forgotten, observers) = state.withLockedValue { state in
      let before = state.tokens ?? [:]
      var all = before.filter { $0.value.expiresAt.map { now < $0 + 3600 } ?? true }
      let forgotten = Set(all.keys).subtracting(tokens.map(\.id)).compactMap { all[$0] }
      for token in tokens { all[token.id] = token }
      let isNews = tokens.contains { before[$0.id] == nil }
      state.tokens = all
      guard isNews else { return (forgotten, [@Sendable () -> Void]()) }
      changes.add(1, ordering: .releasing)
      return (forgotten, state.observers)
    }
    for observer in observers { observer() }
    return forgotten
  }
}
