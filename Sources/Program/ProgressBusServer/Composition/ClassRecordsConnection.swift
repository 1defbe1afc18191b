public import LearningRecords
import Logging

/// A class's records for a command, by the process's settings.
public enum ClassRecordsConnection {
  /// Runs `body` with the records, and closes their connection after.
  ///
  /// - Throws: when a setting is missing or malformed, and what `body` throws.
  public static func withRecords<Value: Sendable>(
    _ configuration: ServerConfiguration, _ body: (ClassRecords) async throws -> Value
  ) async throws -> Value {
    let records = ClassRecords(
      try configuration.database(),
      logger: Logger(label: "progressbus.export") { _ in SwiftLogNoOpLogHandler() })
    do {
      let value = try await body(records)
      await records.close()
      return value
    } catch {
      await records.close()
      throw error
    }
  }
}

extension ServerConfiguration {
  /// - Throws: where the setting is missing or no URL.
  public func activityNames() throws(ConfigurationError) -> ActivityNames {
    let text = try settings.text("xapi.home_page", for: "the names of activities")
    guard let names = ActivityNames(homePage: text) else {
      throw ConfigurationError(
        "PROGRESSBUS_XAPI_HOME_PAGE", "must be an http or https URL without a query")
    }
    return names
  }
}
