import API
import Foundation
import HTTPServerTesting
import Hummingbird
import ProgressBusTesting
import Subprocess
import SystemPackage
import Testing

@Suite(.tags(.servers))
struct OpenAPITests {
  /// The paths of the file, with their methods, such as `GET /metrics`.
  private func describedOperations() throws -> Set<String> {
    var operations: Set<String> = []
    var path = ""
    for line in try String(contentsOfFile: Classroom.descriptionFile, encoding: .utf8).split(
      separator: "\n")
    {
      if line.hasPrefix("  /"), line.hasSuffix(":") {
        path = String(line.dropFirst(2).dropLast())
      } else if ["    get:", "    post:", "    put:", "    delete:"].contains(line) {
        operations.insert("\(line.dropFirst(4).dropLast().uppercased()) \(path)")
      } else if line == "components:" {
        break
      }
    }
    return operations
  }

  @Test func everyRouteIsDescribed() async throws {
    try await withClassroom { classroom in
      let described = try describedOperations()
      #expect(described.contains("POST /student-progress"))
      #expect(described.contains("DELETE /api/v1/dead-letters/{id}"))
      let routes = try classroom.routes().routes.map { route in
        let path = route.path.description.replacing(/:(\w+)/) { "{\($0.1)}" }
        return "\(route.method.rawValue) \(path)"
      }
      #expect(routes.count >= 7)
      for route in routes { #expect(described.contains(route)) }
    }
  }

  @Test func answersAreAsDescribed() async throws {
    let python = ProjectFolder.url.appendingPathComponent(".venv/bin/python3").path
    try #require(
      FileManager.default.fileExists(atPath: python), "run scripts/python-environment first")
    try await withClassroom { classroom in
      try await classroom.store(
        .run("a", at: -60, by: "山田/花子", index: 0, ["student_name": "花子", "team": "A"]),
        .run("b", at: -50, by: "山田/花子", error: "NameError", index: 1),
        .run("a", at: -40, by: "s2", error: "TypeError", index: 0),
        .check(
          "q1", passed: false, at: -45, by: "s2", cell: "a",
          ["label": "Question 1", "answer": "41", "points": 0, "points_possible": 1.5]),
        .check("q1", passed: true, at: -44, by: "s4", cell: "a", ["cell_index": 0]),
        ClassroomEvent("help", at: -30, by: "s2"), ClassroomEvent("help", at: -20, by: "s3"),
        .run("a", at: -10, by: "s4", course: "c2"))
      try await withRouter(try classroom.routes(caching: .standard)) { client in
        let port = client.port
        let script = "\(ProjectFolder.path)/Tests/Support/Python/check_answers.py"
        let run = try await Subprocess.run(
          .path(FilePath(python)),
          arguments: [
            script, Classroom.descriptionFile, "http://127.0.0.1:\(port)", "read", "course=c1",
            "student=山田/花子", "at=\(Classroom.noon)",
          ], output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        #expect(
          run.terminationStatus.isSuccess,
          "\(run.standardOutput)\(run.standardError)")
      }
    }
  }
}
