import Foundation

/// The numbers of a notebook, told from all of its events in the plainest way.
struct NaiveClass {
  struct Cell: Equatable, CustomStringConvertible {
    var id: String
    var reached = 0
    var solved = 0
    var failing = 0
    var median: String
    var p90: String
    var description: String { "\(id): \(reached) \(solved) \(failing) \(median) \(p90)" }
  }

  private(set) var cells: [Cell] = []
  private(set) var executions: [String: Int] = [:]
  /// Letters of each learner, by cell, and errors in a row where there are some.
  private(set) var letters: [String: [String: Character]] = [:]
  private(set) var streaks: [String: [String: Int]] = [:]
  private(set) var closed: Set<String> = []
  private(set) var activity: [String: Int] = [:]

  init(_ arrived: [ClassroomEvent], notebook: String) {
    var events: [String: ClassroomEvent] = [:]
    for event in arrived { events[event.text("event_id")] = event }
    let ordered = events.values.sorted { $0.moment < $1.moment }
    var runs: [String: [String: [ClassroomEvent]]] = [:]
    var last: [String: String] = [:]
    for event in ordered {
      let student = event.text("student_id")
      activity[String(event.text("occurred_at").prefix(19)), default: 0] += 1
      if last[student] != event.moment { closed.remove(student) }
      last[student] = event.moment
      if event.text("event_type") == "notebook_closed" { closed.insert(student) }
      guard event.text("event_type") == "cell_executed" else { continue }
      executions[student, default: 0] += 1
      guard event.text("notebook_path") == notebook else { continue }
      let cell = event.fields["cell_id"] as? String ?? "\(event.fields["cell_index"] ?? "")"
      runs[cell, default: [:]][student, default: []].append(event)
    }
    for (cell, learners) in runs.sorted(by: { $0.key.suffix(1) < $1.key.suffix(1) }) {
      var counted = Cell(id: cell, median: "", p90: "")
      var durations: [Double] = []
      for (student, runs) in learners {
        let failed = runs.map { $0.fields["has_error"] as? Bool == true }
        // Of runs in one microsecond, the errors that count are those after the last success.
        let lastSuccess = runs.last { $0.fields["has_error"] as? Bool == false }?.moment
        let streak = runs.count {
          $0.fields["has_error"] as? Bool == true && $0.moment > lastSuccess ?? ""
        }
        let newest = runs.filter { $0.moment == runs.last?.moment }
        durations.append(newest.compactMap { $0.fields["duration_ms"] as? Double }.max() ?? 0)
        let isSolved = failed.contains(false)
        letters[student, default: [:]][cell] = !isSolved ? "e" : streak > 0 ? "x" : "s"
        if streak > 0 { streaks[student, default: [:]][cell] = streak }
        counted.reached += 1
        counted.solved += isSolved ? 1 : 0
        counted.failing += !isSolved || streak > 0 ? 1 : 0
      }
      counted.median = Self.percentile(0.5, durations)
      counted.p90 = Self.percentile(0.9, durations)
      cells.append(counted)
    }
  }

  /// The value with this share of the others below it, in thousandths.
  static func percentile(_ share: Double, _ values: [Double]) -> String {
    let sorted = values.sorted()
    let place = share * Double(sorted.count - 1)
    let below = sorted[Int(place)]
    let above = sorted[min(Int(place) + 1, sorted.count - 1)]
    return String(format: "%.3f", below + (above - below) * (place - place.rounded(.down)))
  }
}

extension ClassroomEvent {
  func text(_ field: String) -> String { fields[field] as? String ?? "" }

  /// When it happened by the server's clock.
  var moment: String { fields["corrected_at"] as? String ?? text("occurred_at") }
}
