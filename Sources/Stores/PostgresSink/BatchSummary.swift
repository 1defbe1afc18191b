import Events
import PostgresDriver

/// What a batch adds to the tables that teachers look at, as arguments of the functions add_… (sql/0284): the same
/// that SQL derives from `arrived_events`, by the same rules.
struct BatchSummary: Sendable {
  /// A call of a function. In the order of the calls, and of the rows in each, concurrent batches do not deadlock.
  struct Addition: Sendable {
    let statement: String
    let arrays: [BinaryArray]

    init(to function: String, _ arrays: [BinaryArray]) {
      let parameters = arrays.indices.map { "$\($0 + 1)" }.joined(separator: ", ")
      statement = "select \(function)(\(parameters))"
      self.arrays = arrays
    }

    /// Whether no row is added: each array is a column.
    var isEmpty: Bool { arrays[0].count == 0 }
  }

  let additions: [Addition]

  /// Nil when two texts are equally new and only the database's collation tells which of them stays.
  ///
  /// - Parameter rows: in the order of `ArrivedRow.precedes`, each event once.
  init?(_ rows: [ArrivedRow], in buffer: UnsafeRawBufferPointer) {
    var courses = CourseSums()
    var learners: [LearnerSum] = []
    var cells: [CellSum] = []
    var start = 0
    while start < rows.count {
      var end = start + 1
      while end < rows.count, buffer.compare(rows[start].student, rows[end].student) == 0,
        buffer.compare(rows[start].course, rows[end].course) == 0
      {
        end += 1
      }
      let course = courses.number(of: rows[start].course, in: buffer)
      guard let learner = LearnerSum(rows[start..<end], course: course, in: buffer) else {
        return nil
      }
      learners.append(learner)
      let places = CellSum.sorted(rows, start..<end, in: buffer)
      courses.add(rows, places, to: course, in: buffer)
      guard CellSum.append(rows, places, in: buffer, to: &cells) else { return nil }
      start = end
    }
    let ranks = courses.ranks(in: buffer)
    // The learners of a course are in order already.
    let byCourse = learners.indices.sorted {
      (ranks[learners[$0].course], $0) < (ranks[learners[$1].course], $1)
    }.map { learners[$0] }
    additions = [
      Addition(to: "add_activity", courses.activity(ranks, in: buffer)),
      Addition(to: "add_enrollments", LearnerSum.enrollments(byCourse, in: buffer)),
      Addition(to: "add_cell_progress", CellSum.arrays(cells, in: buffer)),
      Addition(to: "count_help", LearnerSum.keys(byCourse.filter(\.changesHelp), in: buffer)),
      Addition(to: "add_names", LearnerSum.names(learners, in: buffer)),
      Addition(to: "add_courses", courses.courses(in: buffer)),
      Addition(to: "add_notebooks", courses.notebooks(ranks, in: buffer)),
    ].filter { !$0.isEmpty }
  }
}

/// The newest text of several; which of two equally new ones stays is the database's to say.
struct NewestText {
  private(set) var text: Range<Int>?
  private(set) var at: Timestamp?
  /// Whether another text is as new as this one.
  private(set) var isAmbiguous = false

  /// - Parameter moment: not before that of the text that came before.
  mutating func take(_ text: Range<Int>, at moment: Timestamp, in buffer: UnsafeRawBufferPointer) {
    if let known = self.text, at == moment {
      if buffer.compare(known, text) != 0 { isAmbiguous = true }
    } else {
      self.text = text
      at = moment
      isAmbiguous = false
    }
  }
}

extension BinaryArray {
  mutating func append(_ text: Range<Int>?, in buffer: UnsafeRawBufferPointer) {
    append(text: text.map { UnsafeRawBufferPointer(rebasing: buffer[$0]) })
  }

  mutating func append(_ moment: Timestamp?) {
    append(microsecondsSince1970: moment?.microseconds)
  }
}
