import Concurrency
import NIOCore
import RedisDriver

/// Values that Redis keeps for a while, for all processes together.
///
/// It shares the bus's connection: keep values small.
public struct RedisCache: Sendable {
  let keys: RedisKeys
  let client: RedisClient

  /// - Returns: nil when there is none, or no more.
  /// - Throws: `BusError`.
  public func value(for key: String) async throws(BusError) -> [UInt8]? {
    try await client.send(["GET", .string(keys.cached(key))]).bytes.map {
      Array($0.readableBytesView)
    }
  }

  /// Keeps a value, in place of the last one under its key.
  ///
  /// - Throws: `BusError`.
  public func store(
    _ value: [UInt8], for key: String, lifetime: Duration
  ) async throws(BusError) {
    _ = try await client.send([
      "SET", .string(keys.cached(key)), .bytes(ByteBuffer(bytes: value)), "PX",
      .integer(lifetime.expiry),
    ])
  }

  /// Takes a lock that ends by itself.
  ///
  /// - Returns: false while somebody holds it.
  /// - Throws: `BusError`.
  public func lock(_ key: String, for lifetime: Duration) async throws(BusError) -> Bool {
    try await client.send([
      "SET", .string(keys.cached(key)), "1", "NX", "PX", .integer(lifetime.expiry),
    ]) != .null
  }

  /// Ends a lock, or forgets a value, before its time.
  ///
  /// - Throws: `BusError`.
  public func remove(_ key: String) async throws(BusError) {
    _ = try await client.send(["DEL", .string(keys.cached(key))])
  }

  /// The same for many.
  public func remove(_ keys: [String]) async throws(BusError) {
    guard !keys.isEmpty else { return }
    // Each may be on another node of a cluster.
    _ = try await client.send(keys.map { ["DEL", .string(self.keys.cached($0))] })
  }
}

extension Duration {
  /// At least one: Redis refuses an expiry of 0.
  fileprivate var expiry: Int { max(1, Int(wholeMilliseconds)) }
}
