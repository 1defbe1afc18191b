import Access
import EventBus
import ServiceLifecycle
import SignIn

/// Keeps the keys and the revoked tokens fresh while the process runs.
struct AccessUpkeep: Service {
  let keys: KeyStore
  let revocations: RevocationList
  let store: any RevocationStore

  func run() async throws {
    await cancelWhenGracefulShutdown { [keys, revocations, store] in
      async let keysRun: Void = keys.run()
      await revocations.follow(store, now: AccessCheck.systemSeconds)
      await keysRun
    }
  }
}

/// Keeps what is known of the OpenID provider fresh.
struct OpenIDUpkeep: Service {
  let signIn: OpenIDSignIn

  func run() async throws {
    await cancelWhenGracefulShutdown { await signIn.run() }
  }
}

/// The revoked tokens as the bus keeps them.
struct RevocationsInRedis: RevocationStore {
  let tokens: RedisRevokedTokens

  func revision() async throws -> String? { try await tokens.revision() }

  func revokedTokens() async throws -> [RevokedToken] {
    try await tokens.all().map { RevokedToken(id: $0.id, expiresAt: $0.expiresAt) }
  }

  func revoke(_ tokens: [RevokedToken]) async throws {
    try await self.tokens.revoke(tokens.map { (id: $0.id, expiresAt: $0.expiresAt) })
  }
}
