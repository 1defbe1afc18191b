/// The statements prepared on one connection, by their text and declared types.
struct StatementCache {
  struct Key: Hashable {
    let sql: String
    let types: [UInt32]
  }

  /// Statements made up on the fly must not fill the server's memory; what comes after is sent
  /// unprepared.
  static let limit = 256

  private var names: [Key: String] = [:]
  private var prepared = 0

  func name(for key: Key) -> String? { names[key] }

  /// A fresh name, or nil when the cache is full.
  mutating func nextName() -> String? {
    guard names.count < Self.limit else { return nil }
    prepared += 1
    return "progressbus_\(prepared)"
  }

  mutating func store(_ name: String, for key: Key) {
    names[key] = name
  }

  mutating func forget(_ key: Key) {
    names[key] = nil
  }
}
