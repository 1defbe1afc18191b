import Events
import Sessions

@testable import FirestoreSource

/// Sessions' documents as a training app writes them.
enum SampleDocuments {
  static let database = "projects/p/databases/(default)"

  static func name(_ user: String = "u", _ session: String = "s") -> String {
    "\(database)/documents/users/\(user)/sessions/\(session)"
  }

  static let endTime = Timestamp(rfc3339: "2026-03-01T10:05:00.123456Z".utf8)!

  static let fields: [String: SessionValue] = [
    "status": .string("completed"), "exerciseType": .string("squat"),
    "startTime": .timestamp(Timestamp(rfc3339: "2026-03-01T10:00:00Z".utf8)!),
    "endTime": .timestamp(endTime), "repCount": .double(12), "duration": .integer(300),
    "formFeedback": .map([
      "overallScore": .integer(88),
      "warnings": .array([.map(["type": .string("knee"), "count": .double(2)])]),
    ]),
    "sessionMetadata": .map(["averageFps": .double(.nan), "totalFrames": .null]),
    "unknown": .bytes([1, 2]), "owner": .reference("projects/p/databases/d/documents/users/u"),
  ]

  static func document(
    _ name: String = name(), _ change: (inout [String: SessionValue]) -> Void = { _ in }
  ) -> SessionDocument {
    var fields = fields
    change(&fields)
    return SessionDocument(name: name, fields: fields, createTime: "2026-03-01T09:59:59.5Z")
  }
}
