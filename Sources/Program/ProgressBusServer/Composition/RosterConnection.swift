public import API
import Logging

/// Rosters of courses for a command, by the process's settings.
public enum RosterConnection {
  /// Runs `body` with the store, and closes its connections after.
  ///
  /// - Throws: when a setting is missing or malformed, and what `body` throws.
  public static func withStore<Value: Sendable>(
    _ configuration: ServerConfiguration, _ body: (RosterStore) async throws -> Value
  ) async throws -> Value {
    let store = RosterStore(
      try configuration.database(),
      lessonGapMinutes: configuration.settings.integer("lessons.gap_minutes"),
      logger: Logger(label: "progressbus.rosters") { _ in SwiftLogNoOpLogHandler() })
    do {
      let value = try await body(store)
      await store.close()
      return value
    } catch {
      await store.close()
      throw error
    }
  }
}
