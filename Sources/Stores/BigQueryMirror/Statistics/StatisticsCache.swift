/// Keeps answers for a while, for all processes together.
public protocol StatisticsCache: Sendable {
  /// The value under a key, nil when there is none.
  func value(for key: String) async throws -> [UInt8]?

  /// Keeps a value for so long.
  func store(_ value: [UInt8], for key: String, lifetime: Duration) async throws

  /// Takes a lock for so long; false when somebody holds it.
  func lock(_ key: String, for lifetime: Duration) async throws -> Bool

  /// Ends a lock before its time.
  func unlock(_ key: String) async throws
}
