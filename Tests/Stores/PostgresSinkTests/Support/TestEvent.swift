import EventBus
import Foundation
import NIOCore

/// A notebook event as it comes out of the journal.
struct TestEvent: Sendable {
  var eventType: String
  var fields: [String: Value]
  /// Seconds after 10:00:00.
  let at: Int
  /// The same by the server's clock; nil where the learner's was right.
  private(set) var correctedAt: Int?

  enum Value: Sendable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByFloatLiteral
  {
    case text(String)
    case integer(Int)
    case number(Double)
    case boolean(Bool)
    case object([String: String])

    init(stringLiteral value: String) { self = .text(value) }
    init(integerLiteral value: Int) { self = .integer(value) }
    init(floatLiteral value: Double) { self = .number(value) }
    init(booleanLiteral value: Bool) { self = .boolean(value) }

    var json: Any {
      switch self {
      case .text(let value): value
      case .integer(let value): value
      case .number(let value): value
      case .boolean(let value): value
      case .object(let value): value
      }
    }
  }

  /// - Parameter at: seconds after 10:00:00 on the day of the tests.
  init(
    _ eventType: String = "cell_executed", at: Int, student: String = "s1",
    notebook: String = "n.ipynb", _ more: [String: Value] = [:]
  ) {
    self.eventType = eventType
    self.at = at
    fields = [
      "event_id": .text(UUID().uuidString.lowercased()), "event_type": .text(eventType),
      "occurred_at": .text(Self.time(at)), "received_at": .text(Self.time(at)),
      "course_id": "c1", "student_id": .text(student), "notebook_path": .text(notebook),
    ].merging(more) { $1 }
  }

  /// The event with a clock that was wrong.
  ///
  /// - Parameter at: when it happened by the server's clock, in seconds after 10:00:00.
  func corrected(at: Int) -> TestEvent {
    var event = self
    event.fields["corrected_at"] = .text(Self.time(at))
    event.correctedAt = at
    return event
  }

  static func run(
    _ cell: String = "a", at: Int, student: String = "s1", error: String? = nil,
    milliseconds: Double = 10
  ) -> TestEvent {
    var more: [String: Value] = [
      "cell_id": .text(cell), "has_error": .boolean(error != nil),
      "duration_ms": .number(milliseconds),
    ]
    if let error {
      more["error_name"] = .text(error)
      more["error_message"] = .text("\(error) at \(at)")
    }
    return TestEvent(at: at, student: student, more)
  }

  static func time(_ seconds: Int) -> String {
    let pad = { (number: Int) in number < 10 ? "0\(number)" : "\(number)" }
    return "2026-11-21T\(pad(10 + seconds / 3600)):\(pad(seconds / 60 % 60)):\(pad(seconds % 60))Z"
  }

  func entry(_ number: Int = 1) throws -> JournalEntry {
    let data = try JSONSerialization.data(withJSONObject: fields.mapValues(\.json))
    return JournalEntry(
      id: StreamID(milliseconds: 1, sequence: UInt64(number)), eventType: eventType,
      payload: ByteBuffer(bytes: data))
  }
}
