/// The metadata keys that name personal fields.
///
/// `student_id`, `studentId` and `student-id` are the same key.
public struct RedactedKeys: Sendable {
  private let normalized: Set<String>

  public init(_ keys: some Sequence<String>) {
    normalized = Set(keys.map(Self.normalize))
  }

  public func contains(_ key: String) -> Bool {
    normalized.contains(Self.normalize(key))
  }

  private static func normalize(_ key: String) -> String {
    String(key.lowercased().filter { $0 != "_" && $0 != "-" })
  }
}
