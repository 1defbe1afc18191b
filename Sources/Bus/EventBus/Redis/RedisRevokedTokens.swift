import NIOCore
import RedisDriver

/// The revoked tokens of the deployment, by their `jti`. Every process knows Redis, and not every one knows
/// PostgreSQL; with the append-only file that the journal needs anyway, they outlive a restart.
public struct RedisRevokedTokens: Sendable {
  static let scripts: [RedisScript] = [.revokeTokens]

  let keys: RedisKeys
  let client: RedisClient

  /// Another word after each `revoke`; nil before the first.
  public func revision() async throws(BusError) -> String? {
    try await client.send(["GET", .string(keys.revokedTokensRevision)]).text
  }

  /// Each with the second since 1970 at which it ends; nil where that is not known.
  public func all() async throws(BusError) -> [(id: String, expiresAt: Int64?)] {
    let reply = try await client.send(["HGETALL", .string(keys.revokedTokens)])
    let texts = (reply.array ?? []).map { $0.text ?? "" }
    return stride(from: 0, to: texts.count - 1, by: 2).map { index in
      let expiresAt = Int64(texts[index + 1]) ?? 0
      return (texts[index], expiresAt > 0 ? expiresAt : nil)
    }
  }

  /// Adds tokens, in one step with the revision. Works while Redis has no memory left, too.
  public func revoke(_ tokens: [(id: String, expiresAt: Int64?)]) async throws(BusError) {
    _ = try await client.run(
      ScriptCall(
        .revokeTokens, keys: [keys.revokedTokens, keys.revokedTokensRevision],
        arguments: tokens.flatMap { [.string($0.id), .integer(Int($0.expiresAt ?? 0))] }))
  }
}
