import Foundation
import Logging
public import PostgresDriver

/// Brings the database's schema up to date, by the process's settings.
public enum Migrator {
  /// - Returns: the migrations that were applied.
  public static func run(_ configuration: ServerConfiguration) async throws -> [Migration] {
    try await Migrations.apply(
      directory: SQLFolder.locate(configuration.settings), to: configuration.migrationDatabase(),
      logger: Logger(label: "progressbus.migrate"))
  }
}

/// Finds the folder with the migrations.
public enum SQLFolder {
  /// The one that is set, or `sql` in the working directory, beside the program's installation
  /// (`<prefix>/share/progressbus/sql`) or at the root of the package it was built in.
  ///
  /// - Throws: `ConfigurationError` when there is none.
  public static func locate(_ settings: ResolvedSettings) throws(ConfigurationError) -> String {
    if let folder = settings.text("sql.directory") {
      guard isFolder(folder) else {
        throw ConfigurationError("PROGRESSBUS_SQL_DIRECTORY", "\(folder) is no folder")
      }
      return folder
    }
    let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
      .deletingLastPathComponent()
    let candidates = [
      "sql", program.appendingPathComponent("../share/progressbus/sql").path,
      program.appendingPathComponent("../../../sql").path,
    ]
    guard let folder = candidates.first(where: isFolder) else {
      throw ConfigurationError(
        "PROGRESSBUS_SQL_DIRECTORY", "is not set, and there is no folder sql here")
    }
    return folder
  }

  private static func isFolder(_ path: String) -> Bool {
    var isDirectory: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
      && isDirectory.boolValue
  }
}
