public import Events
public import PostgresDriver

extension Timestamp: PostgresDecodable {
  /// Reads `timestamptz` as a session with `TimeZone` UTC and `DateStyle` ISO writes it:
  /// `2026-11-21 10:00:00.5+00`.
  public init?(postgresText: String) {
    guard postgresText.hasSuffix("+00") else { return nil }
    self.init(rfc3339: (postgresText.dropLast(3) + "Z").utf8)
  }

  public static var postgresTypeName: String { "a time with time zone UTC" }
}
