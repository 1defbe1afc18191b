import API
import Access
import Events
import Foundation
import HTTPServerTesting
import Hummingbird
import ProgressBusTesting
import SeededRandom
import Testing

/// What a class is said to have been at a moment is what was seen then.
@Suite(.tags(.servers))
struct PlaybackTests {
  private static let course = "/api/v1/courses/c1"
  private static let paths = [
    "/progress", "/progress?notebook=n.ipynb", "/students", "/students?notebook=other.ipynb",
    "/students?state=stuck,help", "/exercises", "/help", "/activity?minutes=30&bucket=10s",
  ]

  @Test(arguments: [1, 2, 3] as [UInt64])
  func theClassIsPlayedBackAsARecorderHadSeenItLive(seed: UInt64) async throws {
    try await withClassroom { classroom in
      var lesson = LessonToPlayBack(seed: seed)
      try await classroom.store(lesson.openings())
      var recorded: [(moment: Timestamp, path: String, answer: Answer)] = []
      for _ in 0..<12 {
        let (events, moment) = lesson.next()
        try await classroom.store(events)
        let live = try classroom.routes(at: moment)
        for path in Self.paths {
          recorded.append((moment, path, try await answer(path, of: live)))
        }
      }
      #expect(lesson.kinds.isSuperset(of: LessonToPlayBack.allKinds))
      let later = try classroom.routes(caching: .standard, minutesLater: 600)
      for (moment, path, seen) in recorded.shuffled() {
        let separator = path.contains("?") ? "&" : "?"
        let played = try await answer("\(path)\(separator)at=\(moment)", of: later)
        #expect(played["stream_id"] == "-")
        #expect(played["generated_at"] == moment.description)
        #expect(played.withoutPosition == seen.withoutPosition, "\(path) at \(moment)")
      }
      let states = recorded.flatMap { $0.answer.list("students").map { $0["state"] } }
      #expect(Set(states).isSuperset(of: ["help", "stuck", "idle", "on_track"]))
      #expect(recorded.contains { !$0.answer.list("alerts").isEmpty })
      #expect(recorded.contains { $0.answer.list("students").contains { $0["running"] != "-" } })
    }
  }

  @Test func aMomentThatCannotBePlayedBackIsNamed() async throws {
    try await withClassroom { classroom in
      try await classroom.store(
        .run("a", at: -60, by: "s1"), .check("q", passed: true, at: -50, by: "s2"))
      let routes = try classroom.routes()
      func detail(_ moment: String, of course: String = "c1") async throws -> String {
        let path = "/api/v1/courses/\(course)/progress?at=\(moment)"
        let answer = try await withRouter(routes) { try Answer(try await $0.get(path)) }
        return "\(answer.status) \(answer["parameter"]) \(answer.detail ?? "")"
      }
      func moment(_ seconds: Int64) -> String {
        Timestamp(microseconds: Classroom.noon.microseconds + seconds * 1_000_000).description
      }
      let form = "400 at at must be an RFC 3339 date and time, such as 2026-01-31T09:30:00Z"
      for text in ["yesterday", "2026-01-31", "2026-02-30T09:30:00Z", "0000-01-01T00:00:00Z"] {
        #expect(try await detail(text) == form)
      }
      #expect(try await detail(moment(1)) == "400 at at must not be in the future")
      #expect(
        try await detail(moment(-61))
          == "400 at at is before the first event that is stored of course c1")
      #expect(
        try await detail(moment(-61), of: "c9") == "404 missing no event of course c9 is stored")
      let earlier = try await classroom.get(
        "\(Self.course)/students?at=\(moment(-55))"
      ).list("students")
      #expect(earlier.map { $0["student_id"] } == ["s1"])
    }
  }

  private func answer(
    _ path: String, of routes: Router<CallerRequestContext>
  ) async throws -> Answer {
    try await withRouter(routes) { try Answer(try await $0.get(Self.course + path)) }
  }
}

extension Answer {
  /// In one form, without the place at which the live stream goes on.
  fileprivate var withoutPosition: String {
    var json = json
    json["stream_id"] = nil
    do {
      let data = try JSONSerialization.data(withJSONObject: json, options: [.sortedKeys])
      return "\(status) \(String(decoding: data, as: UTF8.self))"
    } catch {
      return "\(error)"
    }
  }
}

/// A lesson in twelve parts: learners who run cells, fail at one together, have exercises checked, ask for help and take it
/// back, close their notebooks, go quiet, and whose clocks are wrong. Some events come late.
private struct LessonToPlayBack {
  static let allKinds: Set<String> = [
    "cell_executed", "cell_started", "kernel_died", "help", "help_stop", "notebook_closed",
    "notebook_opened", "exercise_checked",
  ]

  private var random: SeededGenerator
  private var second = -3_000.0
  private var late: [ClassroomEvent] = []
  private var part = 0
  private(set) var kinds: Set<String> = []

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  /// What arrives next, and a moment when it has.
  mutating func next() -> (events: [ClassroomEvent], moment: Timestamp) {
    part += 1
    var events = (0..<(part == 8 ? 6 : 60)).map { _ in moment() }
    if part == 5 { events += (0..<6).map { failure(by: "s\($0)") } }
    // What happened some time before is received now.
    let held = events.filter { _ in random.isTrue(probability: 0.1) }
    let ids = Set(held.map { $0.text("event_id") })
    events.removeAll { ids.contains($0.text("event_id")) }
    second += 1
    events += late.map { event in
      var event = event
      event.fields["received_at"] = Self.timestamp(second).description
      return event
    }
    late = held
    kinds.formUnion(events.map { $0.text("event_type") })
    let seen = Self.timestamp(second + 0.5)
    // The class is quiet for a while.
    second += part == 7 ? 400 : 2
    return (events.shuffled(using: &random), seen)
  }

  private static func timestamp(_ seconds: Double) -> Timestamp {
    Timestamp(microseconds: Classroom.noon.microseconds + Int64(seconds * 1_000_000))
  }

  private mutating func failure(by student: String) -> ClassroomEvent {
    second += 0.01
    return .run("c3", at: second, by: student, error: "NameError", index: 3)
  }

  /// Each learner opens the notebook before all else, as clients do.
  mutating func openings() -> [ClassroomEvent] {
    (0..<9).map { learner in
      second += 0.01
      return ClassroomEvent("notebook_opened", at: second, by: "s\(learner)")
    }
  }

  private mutating func moment() -> ClassroomEvent {
    second += Double.random(in: 0.01...4, using: &random)
    let student = "s\(Int.random(in: 0..<9, using: &random))"
    let notebook = random.isTrue(probability: 0.8) ? "n.ipynb" : "other.ipynb"
    let cell = Int.random(in: 0..<8, using: &random)
    let more: [String: Any] = [
      "session_id": "kernel-\(student)", "team": random.isTrue(probability: 0.5) ? "A" : "B",
      "execution_count": Int.random(in: 1...9, using: &random),
    ]
    var event: ClassroomEvent
    switch Int.random(in: 0..<20, using: &random) {
    case 0...1:
      event = .check(
        "q\(cell % 3)", passed: random.isTrue(probability: 0.4), at: second, by: student,
        cell: "c\(cell)", notebook: notebook,
        ["cell_index": cell, "label": "Question \(part)", "points": part, "points_possible": 12])
      if random.isTrue(probability: 0.5) { event.fields["answer"] = "\(cell)" }
    case 2...7:
      let kind =
        [
          "cell_started", "cell_started", "kernel_died", "help", "help_stop", "notebook_closed",
          "notebook_opened",
        ]
        .randomElement(using: &random) ?? "help"
      event = ClassroomEvent(kind, at: second, by: student, notebook: notebook, more)
      if kind == "cell_started" { event.fields["cell_id"] = "c\(cell)" }
    default:
      event = .run(
        "c\(cell)", at: second, by: student,
        error: random.isTrue(probability: 0.5)
          ? ["KeyError", "NameError"].randomElement(using: &random) : nil,
        milliseconds: Double(Int.random(in: 1...9000, using: &random)) / 8, index: cell,
        notebook: notebook, more)
    }
    if random.isTrue(probability: 0.1) {
      event = event.said(secondsAhead: [-500, 600].randomElement(using: &random) ?? 0)
    }
    return event
  }
}
