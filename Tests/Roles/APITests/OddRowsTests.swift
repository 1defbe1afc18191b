import API
import Foundation
import HTTPServerTesting
import PostgresDriver
import ProgressBusTesting
import Testing

/// Rows that no event makes: someone wrote them by hand. They may be told wrongly; the answer that others wait for
/// comes.
@Suite(.tags(.servers)) struct OddRowsTests {
  private static let paths = [
    "/api/v1/courses", "/api/v1/courses/c1/progress", "/api/v1/courses/c1/students",
    "/api/v1/courses/c1/progress?notebook=n.ipynb", "/api/v1/courses/c1/students?notebook=n.ipynb",
    "/api/v1/courses/c1/help", "/api/v1/courses/c1/activity", "/api/v1/students/odd",
    "/api/v1/students/odd?course_id=c1", "/api/v1/students/even",
  ]

  private static let moments = [
    "infinity", "-infinity", "294276-12-31 23:59:59+00", "10000-01-01 00:00:00+00",
    "4714-11-24 00:00:00+00 BC", "0001-01-01 00:00:00+00 BC",
  ]

  /// Every moment of the row is this one, and every number is what `double precision` and `bigint` end with.
  private static func insert(_ moment: String, number: String, count: Int64) -> String {
    """
    begin;
    insert into courses values ('odd', '\(moment)');
    insert into notebooks values ('c1', 'odd.ipynb', '\(moment)');
    update notebooks set first_seen_at = '\(moment)' where notebook_path = 'n.ipynb';
    insert into students values ('odd', null, '\(moment)');
    insert into enrollments values (
      'c1', 'odd', '\(moment)', '\(moment)', '\(moment)', null, '\(moment)', \(count), \(count), '\(moment)',
      '\(moment)', 'n.ipynb', 'a', '\(moment)', '\(moment)', \(count), '\(moment)');
    insert into enrollments select
      course_id, 'odd ' || number, first_seen_at, last_seen_at, named_at, team, team_at, executions, errors,
      last_executed_at, last_success_at
    from enrollments, generate_series(1, 12) as number where student_id = 'odd';
    insert into cell_progress values (
      'c1', 'n.ipynb', 'a', 'odd', 2147483647, 2147483647, 2147483647, null, '\(moment)', '\(moment)',
      '\(moment)', '\(moment)', '\(moment)', null, null, 2147483647, '\(number)', '\(number)');
    insert into progress_events (
      event_id, occurred_at, received_at, corrected_at, duration_ms, event_type, course_id, student_id,
      notebook_path, attributes)
    select gen_random_uuid(), '\(moment)', '\(moment)', corrected_at, '\(number)', 'cell_executed', 'c1', 'odd',
      'n.ipynb', attributes
    from unnest(array[null, '\(moment)']::timestamptz[]) as corrected_at,
      unnest(array['7', '"text"', '[1]', 'null', '{"a":{"b":1}}']::jsonb[]) as attributes;
    insert into course_activity values ('c1', '\(moment)', 0, 1, 1, 1, 1);
    commit
    """
  }

  @Test(arguments: moments) func aRowThatNoEventMakesCostsNoAnswer(moment: String) async throws {
    try await withClassroom { classroom in
      try await classroom.store(.run("a", at: -9, by: "even"), .run("b", at: -8, by: "even"))
      let kept = try classroom.routes(caching: .disabled)
      try await withRouter(kept) { client in
        // Once before, so that what is kept is brought forward.
        for path in Self.paths where !path.contains("odd") {
          #expect(try await client.get(path).status == 200, "\(path)")
        }
        let number = moment == "infinity" ? "NaN" : "Infinity"
        try await classroom.store.executeScript(
          Self.insert(moment, number: number, count: moment == "-infinity" ? .min : .max))
        for path in Self.paths {
          let response = try await client.get(path)
          #expect(response.status == 200, "\(path): \(response.body.prefix(300))")
          #expect(throws: Never.self, "\(path)") { try Answer(response) }
        }
        try await classroom.store(.run("c", at: -7, by: "even"))
        let students = try Answer(try await client.get(Self.paths[4])).list("students")
        #expect(students.first { $0["student_id"] == "even" }?["executions"] == "3")
      }
      let cold = try classroom.routes(caching: .cold)
      try await withRouter(cold) { client in
        for path in Self.paths {
          let status = try await client.get(path).status
          #expect(status == 200, "\(path)")
        }
      }
    }
  }
}
