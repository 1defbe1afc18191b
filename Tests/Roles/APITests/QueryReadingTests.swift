import ProgressBusTesting
import Testing

/// Every route of the read API that takes a name in its query.
@Suite(.tags(.servers))
struct QueryReadingTests {
  @Test func aPlusInAQueryIsASpaceAndOneInAPathIsAPlus() async throws {
    try await withClassroom { classroom in
      try await classroom.store(
        .run("space", at: -10, by: "s 1", course: "a b", notebook: "n 1.ipynb"),
        .run("plus", at: -10, by: "s 1", course: "a+b", notebook: "n+1.ipynb"))
      for (written, course) in [("a+b", "a b"), ("a%20b", "a b"), ("a%2Bb", "a+b")] {
        let student = try await classroom.get("/api/v1/students/s%201?course_id=\(written)")
        #expect(student.list("courses").map { $0["course_id"] } == [course])
      }
      for (written, course) in [("a+b", "a+b"), ("a%20b", "a b"), ("a%2Bb", "a+b")] {
        let progress = try await classroom.get("/api/v1/courses/\(written)/progress")
        #expect(progress["course_id"] == course)
      }
      let notebooks = [("a%20b", "n+1.ipynb", "n 1.ipynb"), ("a+b", "n%2B1.ipynb", "n+1.ipynb")]
      for (course, written, notebook) in notebooks {
        for resource in ["progress", "students"] {
          let path = "/api/v1/courses/\(course)/\(resource)?notebook=\(written)"
          #expect(try await classroom.get(path)["notebook_path"] == notebook)
        }
      }
      #expect(
        try await classroom.get("/api/v1/courses/a+b/progress?notebook=n+1.ipynb").status == 404)
    }
  }
}
