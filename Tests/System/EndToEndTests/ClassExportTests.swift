import CurlTransport
import Foundation
import HTTPTypes
import LocalStack
import PostgresDriver
import ProgressBusTesting
import Testing

extension EndToEnd {
  /// What a class did, for other systems: exported by the real program, read by others' libraries, and taken in again.
  @Suite struct ClassExportTests {
    private static let events = """
      [{"event_type":"notebook_opened","event_id":"12345678-1234-4678-9234-567812345601","occurred_at":"2026-11-27T10:00:00Z","student_id":"s-1","course_id":"py 101","notebook_path":"week1/a.ipynb","session_id":"12345678-1234-4678-9234-567812345678"},
       {"event_type":"cell_executed","event_id":"12345678-1234-4678-9234-567812345602","occurred_at":"2026-11-27T10:00:01Z","student_id":"s-1","course_id":"py 101","notebook_path":"week1/a.ipynb","cell_id":"c/1","has_error":true,"error_name":"ZeroDivisionError","error_message":"qzxmark","code":"qzxmark","duration_ms":1500.25},
       {"event_type":"cell_started","occurred_at":"2026-11-27T10:00:02Z","student_id":"s-1","course_id":"py 101","notebook_path":"week1/a.ipynb","cell_id":"c/1"},
       {"event_type":"exercise_checked","occurred_at":"2026-11-27T10:00:03Z","student_id":"s-1","course_id":"py 101","notebook_path":"week1/a.ipynb","exercise_id":"q1","label":"Loops","passed":false,"points":1,"points_possible":4},
       {"event_type":"exercise_checked","occurred_at":"2026-11-27T10:00:04Z","student_id":"山田","course_id":"py 101","notebook_path":"week1/a.ipynb","exercise_id":"q2","passed":true},
       {"event_type":"exercise_checked","occurred_at":"2026-11-27T10:00:05Z","student_id":"山田","course_id":"py 101","notebook_path":"week1/a.ipynb","exercise_id":"q1","passed":true,"points":4,"points_possible":4},
       {"event_type":"help","occurred_at":"2026-11-27T10:00:06Z","student_id":"山田","course_id":"py 101","notebook_path":"week1/a.ipynb","student_name":"qzxmark"},
       {"event_type":"help","occurred_at":"2026-11-27T10:00:07Z","student_id":"s-3","course_id":"other","notebook_path":"n"}]
      """
    private static let homePage = "xapi.home_page=https://school.example/"

    @Test func statementsAndGradesAreReadByOthersAndStatementsComeBackAsTheyWere() async throws {
      try await withDeployment { deployment in
        let process = try await deployment.serve(
          "ingest,worker", settings: ["ingest.clients=xapi", Self.homePage])
        let sent = try await HTTP.shared.post("\(process.url)/api/v1/events", Self.events)
        #expect(sent.status == 202, "\(sent.text)")
        try await eventually("all is stored") { try await Self.stored(deployment) == 7 }

        let exported = try await deployment.run(
          "export", "xapi", "--course", "py 101", "--set", Self.homePage)
        #expect(exported.status == 0, "\(exported.output)")
        let again = try await deployment.run(
          "export", "xapi", "--course", "py 101", "--set", Self.homePage)
        #expect(again.output == exported.output)
        let grades = try await deployment.run("export", "grades", "--course", "py 101")
        #expect(grades.status == 0, "\(grades.output)")
        for output in [exported.output, grades.output] { #expect(!output.contains("qzxmark")) }
        try await Self.check(exported.output, "statements", deployment)
        try await Self.check(grades.output, "grades", deployment)

        // Into another course: what it was is what it is.
        let statements = exported.output.split(separator: "\n").filter { $0.hasPrefix("{") }
        let back = try await HTTP.shared.transport.send(
          TransportRequest(
            .post, "\(process.url)/xapi/copy/statements",
            headers: [
              .contentType: "application/json",
              HTTPField.Name("X-Experience-API-Version")!: "1.0.3",
            ], body: Array("[\(statements.joined(separator: ","))]".utf8)))
        #expect(back.status == 200, "\(back.text)")
        try await eventually("all is stored again") { try await Self.stored(deployment) == 13 }
        let copies = try await Self.lines(of: "copy", deployment)
        #expect(try await Self.lines(of: "py 101", deployment) == copies)
      }
    }

    /// Reads an export with the libraries of those who get it.
    private static func check(_ output: String, _ kind: String, _ deployment: Deployment)
      async throws
    {
      let file = "\(deployment.folder)/\(kind).jsonl"
      try output.write(toFile: file, atomically: true, encoding: .utf8)
      let read = try await ShellLine.run(
        "'\(ProjectFolder.path)/.venv/bin/python' '\(ProjectFolder.path)/Tests/Support/Python/read_records.py' \(kind) <'\(file)'"
      )
      #expect(read.status == 0, "\(read.errors)")
    }

    private static func stored(_ deployment: Deployment) async throws -> Int {
      try await deployment.sql(
        """
        select (select count(*) from progress_events where course_id <> 'other')
          + (select count(*) from exercise_checks) as number
        """
      ).first?.value("number") ?? 0
    }

    /// What is stored of a course, but for ids and times: what is sent a day late counts as having happened when it came.
    private static func lines(of course: String, _ deployment: Deployment) async throws -> [String]
    {
      try await deployment.sql(
        """
        select concat_ws('|', event_type, student_id, notebook_path, session_id, cell_id, has_error, duration_ms) as line
        from progress_events where course_id = '\(course)' and event_type <> 'cell_started'
        union all
        select concat_ws('|', student_id, notebook_path, exercise_id, passed, points, points_possible)
        from exercise_checks where course_id = '\(course)'
        order by line
        """
      ).rows.map { row throws in try row.value("line") }
    }
  }
}
