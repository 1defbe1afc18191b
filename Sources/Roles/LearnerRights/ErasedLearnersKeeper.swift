public import EventBus
public import Logging
public import PostgresDriver
public import ServiceLifecycle

/// Brings the list of erased learners from PostgreSQL, where it counts, to Redis, where every process reads it: an
/// erasure does that itself, and a Redis that came back empty has lost it.
public struct ErasedLearnersKeeper: Service {
  /// Between two looks.
  private static let interval = Duration.seconds(2)
  /// Looks after which learners are forgotten whose time is over.
  private static let looksToForgetting = 1800

  private let store: ErasureStore
  private let redis: RedisErasedLearners
  private let logger: Logger

  public init(pool: PostgresPool, redis: RedisErasedLearners, logger: Logger) {
    store = ErasureStore(pool: pool)
    self.redis = redis
    self.logger = logger
  }

  public func run() async throws {
    await cancelWhenGracefulShutdown {
      var looks = 0
      while !Task.isCancelled {
        do {
          if looks.isMultiple(of: Self.looksToForgetting) { try await store.forgetExpired() }
          looks += 1
          try await look()
        } catch {
          // Both are looked after elsewhere, and told of when they are away.
          logger.debug(
            "the list of erased learners was not compared", metadata: ["error": "\(error)"])
        }
        do { try await Task.sleep(for: Self.interval) } catch { return }
      }
    }
  }

  private func look() async throws {
    guard let version = try await store.version(), try await redis.version() != version,
      let list = try await store.list()
    else { return }
    try await redis.write(list)
  }
}
