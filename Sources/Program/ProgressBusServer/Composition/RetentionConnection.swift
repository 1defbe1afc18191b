public import API
import Logging

/// How long courses are kept, for a command, by the process's settings.
public enum RetentionConnection {
  /// Runs `body` with the store, and closes its connections after.
  ///
  /// - Throws: when a setting is missing or malformed, and what `body` throws.
  public static func withStore<Value: Sendable>(
    _ configuration: ServerConfiguration, _ body: (CourseRetentionStore) async throws -> Value
  ) async throws -> Value {
    let store = CourseRetentionStore(
      try configuration.database(),
      logger: Logger(label: "progressbus.retention") { _ in SwiftLogNoOpLogHandler() })
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
