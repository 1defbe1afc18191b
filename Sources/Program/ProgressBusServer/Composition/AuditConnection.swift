public import AuditStore
import Foundation
import Logging
import Observability
import PostgresDriver

/// The audit log for a command, by the process's settings.
public enum AuditConnection {
  /// Runs `body` with the audit log, and closes its connection after; without one where no database is set.
  ///
  /// - Throws: when a setting is malformed, and what `body` throws.
  public static func withLog<Value: Sendable>(
    _ configuration: ServerConfiguration, _ body: (PostgresAuditLog?) async throws -> Value
  ) async throws -> Value {
    guard configuration.settings.text("database.url") != nil else { return try await body(nil) }
    var database = try configuration.database()
    database.applicationName = "progressbus-audit"
    let pool = PostgresPool(
      database, size: 1,
      logger: Logger(label: "progressbus.audit") { _ in SwiftLogNoOpLogHandler() })
    do {
      let value = try await body(PostgresAuditLog(pool: pool))
      await pool.close()
      return value
    } catch {
      await pool.close()
      throw error
    }
  }

  /// Does an act for the user of the operating system who gave the command. What the audit log cannot take is not
  /// done; where there is no database, there is no audit log, and `warn` is told so.
  ///
  /// - Parameters:
  ///   - isUrgent: it is done although the audit log cannot take it, and `warn` is told.
  ///   - count: how many an outcome concerned.
  ///   - warn: is given a line for people.
  /// - Throws: `AuditError`, a setting's fault, and what `body` throws.
  public static func record<Outcome: Sendable>(
    _ action: String, target: String? = nil, _ configuration: ServerConfiguration,
    isUrgent: Bool = false, count: (Outcome) -> Int?, warn: (String) -> Void,
    _ body: () async throws -> Outcome
  ) async throws -> Outcome {
    try await withLog(configuration) { log in
      guard let log else {
        warn("DATABASE_URL is not set, so this is in no audit log")
        return try await body()
      }
      do {
        return try await log.record(
          AuditedAct(action, target: target, by: .user(name: userName)), count: count,
          onLostEnd: {
            warn("it is done, and its end is missing from the audit log: \($0.reason)")
          },
          body)
      } catch let error as AuditError where isUrgent {
        // Its beginning could not be written, so nothing was done yet.
        warn("this is done and in no audit log, which cannot be written: \(error.reason)")
        return try await body()
      }
    }
  }

  /// Who gave the command, and as whom, where `sudo` was used.
  public static var userName: String {
    let name = NSUserName()
    guard let asking = ProcessInfo.processInfo.environment["SUDO_USER"], asking != name else {
      return name
    }
    return "\(asking) as \(name)"
  }
}
