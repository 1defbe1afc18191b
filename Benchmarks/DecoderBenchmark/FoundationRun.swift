import Foundation

/// Reads one event over and over with Foundation's JSONDecoder: types are checked, nothing else.
final class FoundationRun {
  private struct Event: Decodable {
    let eventType: String
    let occurredAt: String
    let courseID: String
    let studentID: String
    let team: String?
    let sessionID: String?
    let notebookPath: String
    let cellID: String?
    let cellIndex: Int?
    let cellType: String?
    let executionCount: Int?
    let hasError: Bool?
    let durationMilliseconds: Double?

    enum CodingKeys: String, CodingKey {
      case eventType = "event_type"
      case occurredAt = "occurred_at"
      case courseID = "course_id"
      case studentID = "student_id"
      case team
      case sessionID = "session_id"
      case notebookPath = "notebook_path"
      case cellID = "cell_id"
      case cellIndex = "cell_index"
      case cellType = "cell_type"
      case executionCount = "execution_count"
      case hasError = "has_error"
      case durationMilliseconds = "duration_ms"
    }
  }

  private let event: Data
  private let decoder = JSONDecoder()
  /// Read after the loop by nobody; written so that no pass can be optimised away.
  private(set) var textBytes = 0

  init(_ event: Data) { self.event = event }

  func run(_ repetitions: Int) throws {
    for _ in 0..<repetitions {
      textBytes &+= try decoder.decode(Event.self, from: event).notebookPath.utf8.count
    }
  }
}
