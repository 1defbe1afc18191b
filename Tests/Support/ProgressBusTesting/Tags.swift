public import Testing

extension Tag {
  /// Needs servers of its own: Redis, PostgreSQL, InfluxDB, or a BigQuery emulator.
  @Tag public static var servers: Self
}
