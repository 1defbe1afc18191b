public import Logging
public import PostgresDriver
public import ServiceLifecycle

/// Deletes messages, receipts and taken hands that are older than they are to be kept.
public struct MessageRetention: Service {
  /// Between two looks.
  private static let interval = Duration.seconds(3600)
  /// Of each table at once, so that nobody waits for a long transaction.
  private static let mostRows = 5_000

  private let pool: PostgresPool
  private let days: Int
  private let logger: Logger

  public init(pool: PostgresPool, days: Int, logger: Logger) {
    self.pool = pool
    self.days = days
    self.logger = logger
  }

  public func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        do {
          let deleted = try await deleteExpired()
          if deleted > 0 {
            logger.info("deleted old messages", metadata: ["rows": "\(deleted)"])
          }
        } catch {
          // The database is looked after elsewhere, and told of when it is away.
          logger.debug("old messages were not deleted", metadata: ["error": "\(error)"])
        }
        do { try await Task.sleep(for: Self.interval) } catch { return }
      }
    }
  }

  /// - Returns: how many rows were.
  func deleteExpired() async throws(PostgresError) -> Int {
    var all = 0
    while !Task.isCancelled {
      let rows = try await pool.query(
        "select delete_expired_messages($1, $2) as deleted",
        [.integer(Int64(days)), .integer(Int64(Self.mostRows))]
      ).rows
      let deleted: Int = try rows.first?.value("deleted") ?? 0
      all += deleted
      if deleted == 0 { break }
    }
    return all
  }
}
