import API
import LocalStack
import PostgresDriver
import ProgressBusTesting
import Testing

@Suite(.tags(.servers))
struct RequestFaultTests {
  @Test(arguments: [
    ("/api/v1/courses?limit=0", "limit"), ("/api/v1/courses?limit=1001", "limit"),
    ("/api/v1/courses?limit=x", "limit"), ("/api/v1/courses?limit=1&limit=2", "limit"),
    ("/api/v1/courses?cursor=!!", "cursor"), ("/api/v1/courses?cursor=WyJhIiwiYiJd", "cursor"),
    ("/api/v1/courses/c1/students?state=sleepy", "state"),
    ("/api/v1/courses/c1/progress?cursor=WyJhIiwiYiIsImMiXQ", "cursor"),
    ("/api/v1/courses/c1/help?cursor=WyJhIiwiYiJd", "cursor"),
    ("/api/v1/courses/c1/progress?notebook=%ff", "notebook"),
    ("/api/v1/courses/%ff/progress", "course"), ("/api/v1/courses/a%00b/help", "course"),
    ("/api/v1/courses/c1/activity?minutes=0", "minutes"),
    ("/api/v1/courses/c1/activity?bucket=5", "bucket"),
    ("/api/v1/courses/c1/activity?bucket=0s", "bucket"),
    ("/api/v1/courses/c1/activity?minutes=1440&bucket=1s", "bucket"),
    ("/api/v1/students/s1?cursor=WyJhIiwiYiJd", "cursor"),
    ("/api/v1/students/s1?course_id=\(String(repeating: "x", count: 129))", "course_id"),
  ]) func aWrongRequestIsToldWhatIsWrong(path: String, parameter: String) async throws {
    try await withClassroom { classroom in
      let answer = try await classroom.get(path)
      #expect(answer.status == 400)
      #expect(answer.headers["content-type"] == "application/problem+json")
      #expect(answer.detail?.hasPrefix(parameter) == true, "\(answer.detail ?? "")")
    }
  }

  @Test(arguments: [
    "/api/v1/courses/none/progress", "/api/v1/courses/none/students", "/api/v1/courses/none/help",
    "/api/v1/courses/none/activity", "/api/v1/students/none", "/api/v1/students/s1?course_id=none",
    "/api/v1/courses/c1/progress?notebook=none",
  ]) func whatIsUnknownIsNotFound(path: String) async throws {
    try await withClassroom { classroom in
      try await classroom.store(.run("a", at: 0, by: "s1"))
      let answer = try await classroom.get(path)
      #expect(answer.status == 404)
      #expect(answer.headers["content-type"] == "application/problem+json")
    }
  }

  @Test func withoutTheDatabaseTheAnswerIsToTryAgain() async throws {
    try await withPostgres { server in
      let url = server.server.url(database: "postgres")
      let configuration = PostgresConfiguration(url: url)
      let classroom = Classroom(
        store: try await PostgresConnection.connect(configuration, logger: testLogger),
        database: ReadDatabase(configuration, logger: testLogger))
      let empty = try await classroom.get("/api/v1/courses")
      #expect(empty.status == 503)
      #expect(empty.detail?.contains("progressbus migrate") == true)
      await server.kill()
      for path in ["courses", "courses/c1/students", "courses/c1/activity", "students/s1"] {
        let answer = try await classroom.get("/api/v1/\(path)")
        #expect(answer.status == 503, "\(path)")
        #expect(answer.headers["retry-after"] == "1")
      }
      await classroom.database.close()
    }
  }
}
