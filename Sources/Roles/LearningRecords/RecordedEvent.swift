/// What PostgreSQL has of an event, as far as others are told of it: nothing of a learner's work.
public struct RecordedEvent: Sendable, Equatable {
  public var id: String
  public var eventType: String
  /// RFC 3339, in UTC; by the server's clock where the sender's was wrong.
  public var happenedAt: String
  public var student: String
  public var course: String
  public var notebook: String
  public var session: String?
  public var cell: String?
  public var cellIndex: Int?
  public var hasError: Bool?
  public var errorName: String?
  public var durationMilliseconds: Double?
  public var exercise: String?
  public var label: String?
  public var passed: Bool?
  public var points: Double?
  public var pointsPossible: Double?

  public init(
    id: String, eventType: String, happenedAt: String, student: String, course: String,
    notebook: String
  ) {
    self.id = id
    self.eventType = eventType
    self.happenedAt = happenedAt
    self.student = student
    self.course = course
    self.notebook = notebook
  }
}
