import Events
import PostgresDriver

/// What is new of the courses of a batch: their seconds, and their notebooks.
struct CourseSums {
  private struct Second: Hashable {
    let course: Int
    /// Since 1970, of `occurred_at`.
    let seconds: Int64
  }

  private struct Counts {
    var events: Int32 = 0
    var executions: Int32 = 0
    var errors: Int32 = 0
    var help: Int32 = 0

    mutating func add(_ row: ArrivedRow) {
      events += 1
      switch row.kind {
      case .cellExecuted:
        executions += 1
        if row.hasError { errors += 1 }
      case .help: help += 1
      case .helpStop, .notebookClosed, .other: break
      }
    }
  }

  private struct Notebook {
    let course: Int
    let path: Range<Int>
    var firstSeen: Timestamp
  }

  /// By their bytes: strings are equal in either normal form, which PostgreSQL tells apart.
  private var numbers: [[UInt8]: Int] = [:]
  private var names: [Range<Int>] = []
  private var firstSeen: [Timestamp] = []
  private var counts: [Second: Counts] = [:]
  private var notebooks: [Notebook] = []

  /// Numbers the courses as they come.
  mutating func number(of course: Range<Int>, in buffer: UnsafeRawBufferPointer) -> Int {
    if let last = names.last, buffer.compare(last, course) == 0 { return names.count - 1 }
    let name = Array(buffer[course])
    if let number = numbers[name] { return number }
    numbers[name] = names.count
    names.append(course)
    firstSeen.append(Timestamp(microseconds: .max))
    return names.count - 1
  }

  /// Adds a learner's rows in a course.
  ///
  /// - Parameter places: as `CellSum.sorted` returns them.
  mutating func add(
    _ rows: [ArrivedRow], _ places: [Int], to course: Int, in buffer: UnsafeRawBufferPointer
  ) {
    for place in places {
      let row = rows[place]
      let second = Second(course: course, seconds: Self.second(of: row.occurredAt))
      counts[second, default: Counts()].add(row)
      firstSeen[course] = min(firstSeen[course], row.moment)
      if let last = notebooks.last, last.course == course,
        buffer.compare(last.path, row.notebook) == 0
      {
        notebooks[notebooks.count - 1].firstSeen = min(last.firstSeen, row.moment)
      } else {
        notebooks.append(Notebook(course: course, path: row.notebook, firstSeen: row.moment))
      }
    }
  }

  private static func second(of moment: Timestamp) -> Int64 {
    let (seconds, rest) = moment.microseconds.quotientAndRemainder(dividingBy: 1_000_000)
    return rest < 0 ? seconds - 1 : seconds
  }

  /// The place of each course in the order of their ids.
  func ranks(in buffer: UnsafeRawBufferPointer) -> [Int] {
    var ranks = [Int](repeating: 0, count: names.count)
    for (rank, course) in sorted(in: buffer).enumerated() { ranks[course] = rank }
    return ranks
  }

  private func sorted(in buffer: UnsafeRawBufferPointer) -> [Int] {
    names.indices.sorted { buffer.compare(names[$0], names[$1]) < 0 }
  }

  /// For `add_activity`.
  func activity(_ ranks: [Int], in buffer: UnsafeRawBufferPointer) -> [BinaryArray] {
    let seconds = counts.sorted {
      (ranks[$0.key.course], $0.key.seconds) < (ranks[$1.key.course], $1.key.seconds)
    }
    return [
      BinaryArray(of: .text, from: seconds) { $0.append(names[$1.key.course], in: buffer) },
      BinaryArray(of: .timestamp, from: seconds) {
        $0.append(microsecondsSince1970: $1.key.seconds * 1_000_000)
      },
      BinaryArray(of: .integer, from: seconds) { $0.append($1.value.events) },
      BinaryArray(of: .integer, from: seconds) { $0.append($1.value.executions) },
      BinaryArray(of: .integer, from: seconds) { $0.append($1.value.errors) },
      BinaryArray(of: .integer, from: seconds) { $0.append($1.value.help) },
    ]
  }

  /// For `add_courses`.
  func courses(in buffer: UnsafeRawBufferPointer) -> [BinaryArray] {
    let courses = sorted(in: buffer)
    return [
      BinaryArray(of: .text, from: courses) { $0.append(names[$1], in: buffer) },
      BinaryArray(of: .timestamp, from: courses) { $0.append(firstSeen[$1]) },
    ]
  }

  /// For `add_notebooks`.
  func notebooks(_ ranks: [Int], in buffer: UnsafeRawBufferPointer) -> [BinaryArray] {
    var distinct: [Notebook] = []
    let sorted = notebooks.sorted { left, right in
      if left.course != right.course { return ranks[left.course] < ranks[right.course] }
      return buffer.compare(left.path, right.path) < 0
    }
    for notebook in sorted {
      if let last = distinct.last, last.course == notebook.course,
        buffer.compare(last.path, notebook.path) == 0
      {
        distinct[distinct.count - 1].firstSeen = min(last.firstSeen, notebook.firstSeen)
      } else {
        distinct.append(notebook)
      }
    }
    return [
      BinaryArray(of: .text, from: distinct) { $0.append(names[$1.course], in: buffer) },
      BinaryArray(of: .text, from: distinct) { $0.append($1.path, in: buffer) },
      BinaryArray(of: .timestamp, from: distinct) { $0.append($1.firstSeen) },
    ]
  }
}
