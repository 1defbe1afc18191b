import Logging
public import PostgresDriver

/// Brings the database's schema up to date, by the process's settings.
public enum Migrator {
  /// - Returns: the migrations that were applied.
  public static func run(_ configuration: ServerConfiguration) async throws -> [Migration] {
    try await Migrations.apply(
      directory: SQLFolder.locate(configuration.settings), to: configuration.database(),
      logger: Logger(label: "progressbus.migrate"))
  }
}
