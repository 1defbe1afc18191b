import Events
import PostgresDriver

/// What is new of a learner in a course.
struct LearnerSum {
  /// As `CourseSums` numbers them.
  let course: Int
  private let courseID: Range<Int>
  private let student: Range<Int>
  private let firstSeen: Timestamp
  private let lastSeen: Timestamp
  private var clockSkew: Int64?
  private var closed: Timestamp?
  private var named: Timestamp?
  private var name: Range<Int>?
  private var team = NewestText()
  private var executions: Int64 = 0
  private var errors: Int64 = 0
  private var lastExecuted: Timestamp?
  private var lastSuccess: Timestamp?
  private var notebook: Range<Int>?
  private var cell: Range<Int>?
  private(set) var changesHelp = false

  /// - Parameter rows: all of the learner in the course, in the order of time; at least one.
  init?(_ rows: ArraySlice<ArrivedRow>, course: Int, in buffer: UnsafeRawBufferPointer) {
    guard let first = rows.first, let last = rows.last else { return nil }
    self.course = course
    courseID = first.course
    student = first.student
    firstSeen = first.moment
    lastSeen = last.moment
    for row in rows { add(row, in: buffer) }
    guard !team.isAmbiguous else { return nil }
  }

  private mutating func add(_ row: ArrivedRow, in buffer: UnsafeRawBufferPointer) {
    if row.isCorrected, row.moment == lastSeen {
      let skew = (row.occurredAt.microseconds - row.moment.microseconds) / 1_000_000
      clockSkew = max(clockSkew ?? skew, skew)
    }
    if let team = row.team { self.team.take(team, at: row.moment, in: buffer) }
    if let name = row.studentName {
      self.name = named == row.moment ? Self.greater(self.name, name, in: buffer) : name
      named = row.moment
    }
    switch row.kind {
    case .cellExecuted:
      executions += 1
      if row.hasError { errors += 1 } else { lastSuccess = row.moment }
      if lastExecuted == row.moment {
        notebook = Self.greater(notebook, row.notebook, in: buffer)
        cell = Self.greater(cell, row.cell, in: buffer)
      } else {
        lastExecuted = row.moment
        notebook = row.notebook
        cell = row.cell
      }
    case .notebookClosed: closed = row.moment
    case .help, .helpStop: changesHelp = true
    case .other: break
    }
  }

  /// For columns in the collation "C", or where either may stay.
  private static func greater(
    _ left: Range<Int>?, _ right: Range<Int>?, in buffer: UnsafeRawBufferPointer
  ) -> Range<Int>? {
    guard let left, let right else { return left ?? right }
    return buffer.compare(left, right) < 0 ? right : left
  }

  /// Course and learner of each.
  static func keys(_ learners: [LearnerSum], in buffer: UnsafeRawBufferPointer) -> [BinaryArray] {
    [
      BinaryArray(of: .text, from: learners) { $0.append($1.courseID, in: buffer) },
      BinaryArray(of: .text, from: learners) { $0.append($1.student, in: buffer) },
    ]
  }

  /// For `add_enrollments`.
  static func enrollments(
    _ learners: [LearnerSum], in buffer: UnsafeRawBufferPointer
  ) -> [BinaryArray] {
    keys(learners, in: buffer) + [
      BinaryArray(of: .timestamp, from: learners) { $0.append($1.firstSeen) },
      BinaryArray(of: .timestamp, from: learners) { $0.append($1.lastSeen) },
      BinaryArray(of: .long, from: learners) { $0.append($1.clockSkew) },
      BinaryArray(of: .timestamp, from: learners) { $0.append($1.closed) },
      BinaryArray(of: .timestamp, from: learners) { $0.append($1.named) },
      BinaryArray(of: .text, from: learners) { $0.append($1.team.text, in: buffer) },
      BinaryArray(of: .timestamp, from: learners) { $0.append($1.team.at) },
      BinaryArray(of: .long, from: learners) { $0.append($1.executions) },
      BinaryArray(of: .long, from: learners) { $0.append($1.errors) },
      BinaryArray(of: .timestamp, from: learners) { $0.append($1.lastExecuted) },
      BinaryArray(of: .timestamp, from: learners) { $0.append($1.lastSuccess) },
      BinaryArray(of: .text, from: learners) { $0.append($1.notebook, in: buffer) },
      BinaryArray(of: .text, from: learners) { $0.append($1.cell, in: buffer) },
    ]
  }

  /// For `add_names`: each learner once, whatever the courses.
  ///
  /// - Parameter learners: in the order of the learners' ids.
  static func names(_ learners: [LearnerSum], in buffer: UnsafeRawBufferPointer) -> [BinaryArray] {
    var newest: [LearnerSum] = []
    for learner in learners {
      guard let last = newest.last, buffer.compare(last.student, learner.student) == 0 else {
        newest.append(learner)
        continue
      }
      if let named = learner.named, last.named.map({ $0 < named }) ?? true {
        newest[newest.count - 1] = learner
      }
    }
    return [
      BinaryArray(of: .text, from: newest) { $0.append($1.student, in: buffer) },
      BinaryArray(of: .text, from: newest) { $0.append($1.name, in: buffer) },
      BinaryArray(of: .timestamp, from: newest) { $0.append($1.named) },
    ]
  }
}
