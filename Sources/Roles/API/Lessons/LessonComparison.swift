import Events
import JSONText

/// A lesson beside the one before, both as long as the newer has gone on.
struct LessonComparison: Sendable {
  /// A lesson's figures, and who was stuck or waited for help at its moment.
  struct Side: Sendable {
    let figures: LessonFigures
    let stuck: Int
    let waiting: Int

    /// - Parameter snapshot: of the moment up to which the figures go.
    init(_ figures: LessonFigures, _ snapshot: ClassSnapshot) {
      self.figures = figures
      // Who was not heard of in the lesson is not in it.
      let here = snapshot.learners.filter { $0.lastSeenAt >= figures.from }
      stuck = here.count { $0.state == .stuck }
      waiting = here.count { $0.state == .help }
    }
  }

  let course: String
  let notebook: String?
  let takenAt: Timestamp
  /// Nil in a course without lessons.
  let current: Side?
  /// Nil where there is none before.
  let previous: Side?
  /// In the notebook's order.
  let cells: [NotebookCell]

  func answer() -> JSONWriter {
    var json = JSONWriter(capacity: 1024 + cells.count * 300)
    json.object { json in
      json.member("course_id", course)
      json.member("notebook_path", notebook)
      json.member("generated_at", takenAt)
      let elapsed = current.map { $0.figures.until.seconds(since: $0.figures.from) }
      json.member("elapsed_seconds", elapsed.map { Int($0) })
      Self.write(current, as: "lesson", to: &json)
      Self.write(previous, as: "previous_lesson", to: &json)
      let currently = Self.byID(current)
      let previously = Self.byID(previous)
      json.array("cells", cells) { json, cell in
        json.object { json in
          json.member("cell", cell.id)
          json.member("cell_index", cell.index)
          Self.write(currently[ExactText(cell.id)], as: "lesson", to: &json)
          Self.write(previously[ExactText(cell.id)], as: "previous_lesson", to: &json)
        }
      }
    }
    return json
  }

  private static func byID(_ side: Side?) -> [ExactText: LessonFigures.Cell] {
    var cells: [ExactText: LessonFigures.Cell] = [:]
    for cell in side?.figures.cells ?? [] { cells[ExactText(cell.id)] = cell }
    return cells
  }

  private static func write(_ side: Side?, as name: StaticString, to json: inout JSONWriter) {
    guard let side else { return json.member(name, nil as String?) }
    let figures = side.figures
    json.object(name) { json in
      json.member("started_at", figures.from)
      json.member("until", figures.until)
      json.member("learners", figures.learners)
      json.member("solved_cells", figures.solved)
      json.member("stuck", side.stuck)
      json.member("waiting_for_help", side.waiting)
      json.member("hands", figures.hands)
      json.member("executions", figures.executions)
      json.member("errors", figures.errors)
      json.member("median_seconds_to_solve", figures.medianSeconds)
    }
  }

  private static func write(
    _ cell: LessonFigures.Cell?, as name: StaticString, to json: inout JSONWriter
  ) {
    guard let cell else { return json.member(name, nil as String?) }
    json.object(name) { json in
      json.member("reached", cell.reached)
      json.member("solved", cell.solved)
      json.member("errors", cell.errors)
      json.member("median_seconds_to_solve", cell.medianSeconds)
    }
  }
}
