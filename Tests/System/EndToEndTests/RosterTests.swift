import CurlTransport
import Foundation
import HTTPTypes
import LocalStack
import ProgressBusTesting
import Testing

extension EndToEnd {
  /// Rosters of courses, by command and by the API of the real program.
  @Suite struct RosterTests {
    static let list = "student_id;name;team\r\nzora;Zora Neal;red\r\nann;;\r\n"

    private struct Roster: Decodable {
      struct Learner: Decodable, Equatable {
        let id: String
        let name: String?
        let team: String?

        enum CodingKeys: String, CodingKey {
          case id = "student_id"
          case name = "student_name"
          case team
        }
      }
      let learners: [Learner]
      let listedAt: String?
      let lessonBeganAt: String?

      enum CodingKeys: String, CodingKey {
        case learners
        case listedAt = "listed_at"
        case lessonBeganAt = "lesson_began_at"
      }
    }

    private static let zora = Roster.Learner(id: "zora", name: "Zora Neal", team: "red")
    private static let ann = Roster.Learner(id: "ann", name: nil, team: nil)

    private static func roster(
      _ process: ProgressBusProcess, course: String = "py101"
    ) async throws -> Roster {
      let answer = try await HTTP.shared.get("\(process.url)/api/v1/courses/\(course)/roster")
      try #require(answer.status == 200, "\(answer.text)")
      return try answer.decoded()
    }

    private static func send(
      _ method: HTTPRequest.Method, _ process: ProgressBusProcess, _ body: String = "",
      type: String = "text/csv"
    ) async throws -> TransportResponse {
      try await HTTP.shared.transport.send(
        TransportRequest(
          method, "\(process.url)/api/v1/courses/py101/roster",
          headers: [.contentType: type], body: Array(body.utf8)))
    }

    @Test func aRosterIsReplacedReadAndDeletedAndGivesNames() async throws {
      try await withDeployment { deployment in
        let process = try await deployment.serve("ingest,worker,dashboard")
        #expect(try await Self.roster(process).listedAt == nil)
        let path = "\(deployment.folder)/py101.csv"
        try Self.list.write(toFile: path, atomically: true, encoding: .utf8)
        let uploaded = try await deployment.run("roster", "upload", path, "--course", "py101")
        #expect(uploaded.output == "the roster has 2 learners\n", "\(uploaded)")
        let first = try await Self.roster(process)
        #expect(first.learners == [Self.ann, Self.zora])
        #expect(first.listedAt?.hasPrefix("20") == true && first.lessonBeganAt == nil)
        #expect(try await Self.roster(process, course: "py102").learners.isEmpty)
        let shown = try await deployment.run("roster", "show", "--course", "py101")
        #expect(shown.output == "ann\t\t\nzora\tZora Neal\tred\n", "\(shown)")

        // A client that knows no name, in a lesson that begins.
        let event =
          #"{"event_type":"notebook_opened","student_id":"zora","course_id":"py101","notebook_path":"soup.ipynb"}"#
        #expect(try await EventSender(to: process).post(event).status == 202)
        try await eventually("the lesson goes on") {
          try await Self.roster(process).lessonBeganAt != nil
        }
        try await eventually("she has the roster's name") {
          let answer = try await HTTP.shared.get("\(process.url)/api/v1/courses/py101/students")
          return answer.text.contains(#""student_name":"Zora Neal","team":"red""#)
        }

        let bad = try await Self.send(.put, process, "id,name\n,Ann\n")
        #expect(bad.status == 422, "\(bad.text)")
        #expect(bad.text.contains(#"line 2, column \"id\": is empty"#), "\(bad.text)")
        #expect(try await Self.send(.put, process, Self.list, type: "text/plain").status == 415)
        let large = String(repeating: "x", count: (2 << 20) + 1)
        #expect(try await Self.send(.put, process, large).status == 413)
        #expect(try await Self.roster(process).learners.count == 2)
        let changed = try await Self.send(.put, process, "email\nzora\nben\n")
        #expect(changed.status == 200 && changed.text.contains(#""learners":2"#))
        #expect(try await Self.roster(process).learners.map(\.id) == ["ben", "zora"])

        let deleted = try await deployment.run("roster", "delete", "--course", "py101")
        #expect(deleted.output == "deleted a roster of 2 learners\n", "\(deleted)")
        #expect(try await Self.send(.delete, process).status == 404)
        let noted = try await deployment.run("audit", "--action", "rosters")
        #expect(noted.output.contains("rosters.upload  done  count=2"), "\(noted)")
        #expect(noted.output.contains("rosters.delete  done  count=2"), "\(noted)")
        for name in ["zora", "Zora", "py101"] { #expect(!noted.output.contains(name)) }
      }
    }

    @Test func aLearnersCopyAndErasureHaveTheRoster() async throws {
      try await withDeployment { deployment in
        let process = try await deployment.serve("dashboard")
        #expect(try await Self.send(.put, process, Self.list).status == 200)
        let copy = try await deployment.run("export", "--student", "zora")
        #expect(copy.output.contains(#""place":"roster_learners""#), "\(copy)")
        #expect(copy.output.contains("Zora Neal") && !copy.output.contains(#""ann""#))
        let erased = try await deployment.run("erase", "--student", "zora", "--yes")
        #expect(erased.status == 0, "\(erased)")
        #expect(try await Self.roster(process).learners == [Self.ann])
      }
    }
  }
}
