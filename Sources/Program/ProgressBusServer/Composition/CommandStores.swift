public import API
public import LearningRecords
import Logging
import PostgresDriver

/// The stores of a course for a command, by the process's settings. Each is lent to `body`, and its connections are closed after.
///
/// All throw when a setting is missing or malformed, and what `body` throws.
public enum CommandStores {
  public static func withOutlines<Value: Sendable>(
    _ configuration: ServerConfiguration, _ body: (OutlineStore) async throws -> Value
  ) async throws -> Value {
    let store = OutlineStore(try configuration.database(), logger: silent)
    return try await closing(store.close) { try await body(store) }
  }

  public static func withRosters<Value: Sendable>(
    _ configuration: ServerConfiguration, _ body: (RosterStore) async throws -> Value
  ) async throws -> Value {
    let store = RosterStore(
      try configuration.database(),
      lessonGapMinutes: configuration.settings.integer("lessons.gap_minutes"), logger: silent)
    return try await closing(store.close) { try await body(store) }
  }

  public static func withRetention<Value: Sendable>(
    _ configuration: ServerConfiguration, _ body: (CourseRetentionStore) async throws -> Value
  ) async throws -> Value {
    let store = CourseRetentionStore(try configuration.database(), logger: silent)
    return try await closing(store.close) { try await body(store) }
  }

  public static func withClassRecords<Value: Sendable>(
    _ configuration: ServerConfiguration, _ body: (ClassRecords) async throws -> Value
  ) async throws -> Value {
    let records = ClassRecords(try configuration.database(), logger: silent)
    return try await closing(records.close) { try await body(records) }
  }

  /// A command tells its own errors.
  private static var silent: Logger {
    Logger(label: "progressbus.command") { _ in SwiftLogNoOpLogHandler() }
  }

  private static func closing<Value: Sendable>(
    _ close: () async -> Void, _ body: () async throws -> Value
  ) async throws -> Value {
    do {
      let value = try await body()
      await close()
      return value
    } catch {
      await close()
      throw error
    }
  }
}
