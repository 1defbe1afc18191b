import Foundation

/// What the tables have to hold after some events, worked out the plain way: all events at once, each
/// once, without a thought for speed. Times are seconds after 10:00:00.
struct ClassroomModel {
  /// A run of a cell or anything else that a learner did.
  struct Deed {
    let type: String
    /// By the learner's clock.
    let saidAt: Int
    /// By the server's.
    let at: Int
    /// How far the learner's clock was ahead; nil when it was right.
    let skew: Int?
    let student: String
    let course: String
    let notebook: String
    let name: String?
    let team: String?
    let cell: String?
    let cellIndex: Int?
    let count: Int?
    let milliseconds: Double?
    let failed: Bool
    let errorName: String?
    let errorMessage: String?

    var isExecution: Bool { type == "cell_executed" }
    var notebookKey: String { "\(course) | \(notebook)" }
    var activityKey: String { "\(course) | \(saidAt)" }
    var enrollmentKey: String { "\(course) | \(student)" }
    var cellKey: String { "\(course) | \(notebook) | \(cell ?? "") | \(student)" }
  }

  let deeds: [Deed]

  /// - Parameter events: in any order, replays included.
  init(_ events: [TestEvent]) {
    var known: Set<String> = []
    deeds = events.filter { known.insert($0.text("event_id") ?? "").inserted }.map(Deed.init)
  }

  var students: [String] {
    lines(by: \.student) { student, deeds in
      let uses = deeds.filter { $0.name != nil }
      return [student, Self.newest(uses, \.name)]
    }
  }

  var notebooks: [String] {
    lines(by: \.notebookKey) { key, deeds in
      [key, Self.text(deeds.map(\.at).min())]
    }
  }

  /// What happened in each second of a course.
  var activity: [String] {
    lines(by: \.activityKey) { key, deeds in
      let runs = deeds.filter(\.isExecution)
      return [
        key, "\(deeds.count)", "\(runs.count)", "\(runs.count(where: \.failed))",
        "\(deeds.count { $0.type == "help" })",
      ]
    }
  }

  var enrollments: [String] {
    lines(by: \.enrollmentKey) { key, deeds in
      let runs = deeds.filter(\.isExecution)
      let stopped = deeds.filter { $0.type == "help_stop" }.map(\.at).max()
      let asked = deeds.filter { $0.type == "help" && $0.at > stopped ?? .min }.map(\.at).min()
      return [
        key, Self.text(deeds.map(\.at).min()), Self.text(deeds.map(\.at).max()),
        Self.text(deeds.filter { $0.name != nil }.map(\.at).max()),
        Self.newest(deeds.filter { $0.team != nil }, \.team), "\(runs.count)",
        "\(runs.count(where: \.failed))", Self.text(runs.map(\.at).max()),
        Self.text(runs.filter { !$0.failed }.map(\.at).max()), Self.newest(runs, \.notebook),
        Self.newest(runs, \.cell), Self.text(asked), Self.text(stopped),
        Self.text(deeds.filter { $0.type == "notebook_closed" }.map(\.at).max()),
        Self.text(deeds.filter { $0.at == deeds.map(\.at).max() }.compactMap(\.skew).max()),
      ]
    }
  }

  var cells: [String] {
    let runs = deeds.filter { $0.isExecution && $0.cell != nil }
    return lines(by: \.cellKey, of: runs) { key, runs in
      let failures = runs.filter(\.failed)
      let success = runs.filter { !$0.failed }.map(\.at)
      let last = runs.max {
        ($0.at, $0.count ?? -1, $0.milliseconds ?? -1, $0.cellIndex ?? -1)
          < ($1.at, $1.count ?? -1, $1.milliseconds ?? -1, $1.cellIndex ?? -1)
      }
      return [
        key, "\(runs.count)", "\(failures.count)",
        "\(failures.count { $0.at > success.max() ?? .min })", Self.text(runs.map(\.at).min()),
        Self.text(runs.map(\.at).max()), Self.text(success.min()), Self.text(success.max()),
        Self.text(failures.map(\.at).max()), Self.newest(failures, \.errorName),
        Self.newest(failures, \.errorMessage), Self.text(last?.count),
        Self.text(last?.milliseconds.map { Int($0) }), Self.text(last?.cellIndex),
        "\(runs.reduce(0) { $0 + Int($1.milliseconds ?? 0) })",
      ]
    }
  }

  private func lines(
    by key: (Deed) -> String, of deeds: [Deed]? = nil, _ columns: (String, [Deed]) -> [String]
  ) -> [String] {
    Dictionary(grouping: deeds ?? self.deeds, by: key)
      .map { columns($0.key, $0.value).joined(separator: " | ") }.sorted()
  }

  /// The greatest value among the newest deeds.
  private static func newest(_ deeds: [Deed], _ value: (Deed) -> String?) -> String {
    let last = deeds.map(\.at).max()
    return deeds.filter { $0.at == last }.compactMap(value).max() ?? "-"
  }

  private static func text(_ number: Int?) -> String { number.map { "\($0)" } ?? "-" }
}

extension ClassroomModel.Deed {
  init(_ event: TestEvent) {
    type = event.eventType
    saidAt = event.at
    at = event.correctedAt ?? event.at
    skew = event.correctedAt.map { event.at - $0 }
    student = event.text("student_id") ?? ""
    course = event.text("course_id") ?? ""
    notebook = event.text("notebook_path") ?? ""
    name = event.text("student_name").flatMap { $0.isEmpty ? nil : $0 }
    team = event.text("team").flatMap { $0.isEmpty ? nil : $0 }
    cellIndex = event.integer("cell_index")
    cell = event.text("cell_id").flatMap { $0.isEmpty ? nil : $0 } ?? cellIndex.map { "\($0)" }
    count = event.integer("execution_count")
    milliseconds = event.number("duration_ms")
    failed = event.boolean("has_error") ?? false
    errorName = event.text("error_name")
    errorMessage = event.text("error_message")
  }
}

extension TestEvent {
  func text(_ name: String) -> String? {
    if case .text(let value) = fields[name] { value } else { nil }
  }

  func integer(_ name: String) -> Int? {
    if case .integer(let value) = fields[name] { value } else { nil }
  }

  func number(_ name: String) -> Double? {
    if case .number(let value) = fields[name] { value } else { nil }
  }

  func boolean(_ name: String) -> Bool? {
    if case .boolean(let value) = fields[name] { value } else { nil }
  }
}
