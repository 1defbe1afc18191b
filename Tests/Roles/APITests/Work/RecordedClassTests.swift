import API
import Access
import Foundation
import HTTPServerTesting
import Hummingbird
import ProgressBusTesting
import Testing

/// Answers that are brought forward from what was read before are those of a plain recomputation.
@Suite(.tags(.servers))
struct RecordedClassTests {
  private static let paths = [
    "/api/v1/courses/c1/progress?notebook=n.ipynb", "/api/v1/courses/c1/students?notebook=n.ipynb",
    "/api/v1/courses/c1/students?notebook=other.ipynb", "/api/v1/courses/c1/progress",
    "/api/v1/courses/c1/help",
  ]

  @Test(arguments: [1, 2, 3] as [UInt64])
  func answersEqualThoseReadAnew(seed: UInt64) async throws {
    try await withClassroom { classroom in
      var lesson = RandomLesson(seed: seed)
      let kept = try classroom.routes(caching: .disabled)
      let cold = try classroom.routes(caching: .cold)
      for size in [300, 1, 5, 40, 1, 200, 17, 3, 90, 1, 1, 400] {
        try await classroom.store(lesson.batch(size))
        for path in Self.paths {
          let answer = try await body(of: path, from: kept)
          let plain = try await body(of: path, from: cold)
          #expect(answer == plain, "\(path)")
        }
        expect(
          try Answer(json: try await body(of: Self.paths[0], from: kept)),
          try Answer(json: try await body(of: Self.paths[1], from: kept)),
          tell: NaiveClass(lesson.sent, notebook: "n.ipynb"))
      }
    }
  }

  private func body(
    of path: String, from routes: Router<CallerRequestContext>
  ) async throws -> String {
    try await withRouter(routes) { try await $0.get(path).body }
  }

  private func expect(_ progress: Answer, _ students: Answer, tell naive: NaiveClass) {
    let cells = progress.list("cells").map { cell in
      NaiveClass.Cell(
        id: cell["cell"], reached: Int(cell["reached"]) ?? -1, solved: Int(cell["solved"]) ?? -1,
        failing: Int(cell["errors_now"]) ?? -1, median: thousandths(cell["median_duration_ms"]),
        p90: thousandths(cell["p90_duration_ms"]))
    }
    #expect(cells == naive.cells)
    let order = students.json["cells"] as? [String] ?? []
    for student in students.list("students") {
      let id = student["student_id"]
      let letters = order.map { naive.letters[id]?[$0] ?? "." }
      #expect(student["cell_states"] == String(letters), "\(id)")
      let streaks = order.compactMap { naive.streaks[id]?[$0] }
      #expect(student.json["failing_streaks"] as? [Int] == streaks, "\(id)")
      #expect(student["executions"] == "\(naive.executions[id] ?? 0)", "\(id)")
      #expect(student["notebook_closed"] == "\(naive.closed.contains(id))", "\(id)")
    }
  }

  private func thousandths(_ number: String) -> String {
    Double(number).map { String(format: "%.3f", $0) } ?? number
  }

  @Test func activityIsThatOfTheEvents() async throws {
    try await withClassroom { classroom in
      var lesson = RandomLesson(seed: 9)
      for size in [200, 1, 30, 200] { try await classroom.store(lesson.batch(size)) }
      let naive = NaiveClass(lesson.sent, notebook: "n.ipynb")
      let answer = try await classroom.get("/api/v1/courses/c1/activity?minutes=60&bucket=7s")
      let buckets = answer.list("buckets")
      let starts = buckets.map { $0["at"] }
      var expected = [Int](repeating: 0, count: buckets.count)
      for (second, events) in naive.activity {
        let place = starts.lastIndex { $0.prefix(19) <= second }
        if let place { expected[place] += events }
      }
      #expect(buckets.map { Int($0["events"]) } == expected)
      #expect(expected.reduce(0, +) == naive.activity.values.reduce(0, +))
    }
  }

  @Test func lettersThatDifferOnlyInTheirBytesAreTwoLearners() async throws {
    try await withClassroom { classroom in
      try await classroom.store(
        .run("a", at: -9, by: "e\u{301}"), .run("a", at: -8, by: "\u{e9}", error: "E"))
      let answer = try await classroom.get("/api/v1/courses/c1/students")
      #expect(answer.list("students").map { $0["cell_states"] } == ["s", "e"])
    }
  }

  @Test func aClassThatIsNotKeptIsReadAnew() async throws {
    try await withClassroom { classroom in
      let cold = try classroom.routes(caching: .cold)
      for runs in 1...3 {
        try await classroom.store(.run("a", at: Double(runs - 9), by: "s\(runs)"))
        let answer = try Answer(json: try await body(of: Self.paths[0], from: cold))
        #expect(answer.list("cells").map { $0["reached"] } == ["\(runs)"])
      }
    }
  }
}
