public import API
import Logging

/// Outlines of notebooks for a command, by the process's settings.
public enum OutlineConnection {
  /// Runs `body` with the store, and closes its connections after.
  ///
  /// - Throws: when a setting is missing or malformed, and what `body` throws.
  public static func withStore<Value: Sendable>(
    _ configuration: ServerConfiguration, _ body: (OutlineStore) async throws -> Value
  ) async throws -> Value {
    let store = OutlineStore(
      try configuration.database(),
      logger: Logger(label: "progressbus.outlines") { _ in SwiftLogNoOpLogHandler() })
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
