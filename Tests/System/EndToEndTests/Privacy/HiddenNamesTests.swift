import CurlTransport
import Foundation
import HTTPTypes
import LocalStack
import ProgressBusTesting
import Testing

extension EndToEnd {
  /// What the read API of the real program answers to a viewer who hides names.
  @Suite struct HiddenNamesTests {
    private struct Students: Decodable {
      struct Student: Decodable {
        let id: String
        let name: String?
        let notebook: String?
        let solved: Int

        enum CodingKeys: String, CodingKey {
          case id = "student_id"
          case name = "student_name"
          case notebook = "current_notebook_path"
          case solved = "solved_cells"
        }
      }
      let students: [Student]
      let next: String?

      enum CodingKeys: String, CodingKey {
        case students
        case next = "next_cursor"
      }
    }

    private static func event(_ student: String, _ name: String, _ members: String) -> String {
      #"{"student_id":"\#(student)","student_name":"\#(name)","course_id":"c","team":"\#(name)'s","#
        + #""notebook_path":"home/\#(student)/soup.ipynb",\#(members)}"#
    }

    @Test func noAnswerHasANameAndFiguresAreTheSame() async throws {
      try await withDeployment { deployment in
        let process = try await deployment.serve("ingest,worker,dashboard")
        let sender = EventSender(to: process)
        for (student, name) in [("zora", "Zora Neal"), ("anna", "Anna Bell")] {
          for members in [
            #""event_type":"cell_executed","cell_id":"a","cell_index":0,"has_error":false"#,
            #""event_type":"cell_started","cell_id":"b","cell_index":1"#,
            #""event_type":"help""#,
          ] { #expect(try await sender.post(Self.event(student, name, members)).status == 202) }
        }
        let course = "\(process.url)/api/v1/courses/c"
        try await eventually("both ask for help") {
          try await HTTP.shared.get("\(course)/help").text.matches(of: /waiting_seconds/).count == 2
        }
        let roster = "id,name\nzora,Zora Neal\nanna,\nmina,Mina Loy\n"
        let uploaded = try await HTTP.shared.transport.send(
          TransportRequest(
            .put, "\(course)/roster", headers: [.contentType: "text/csv"], body: Array(roster.utf8))
        )
        #expect(uploaded.status == 200, "\(uploaded.text)")

        let first: Students = try await HTTP.shared.get("\(course)/students?names=hidden&limit=1")
          .decoded()
        let cursor = try #require(first.next)
        let second: Students = try await HTTP.shared.get(
          "\(course)/students?names=hidden&limit=1&cursor=\(cursor)"
        ).decoded()
        let shown = first.students + second.students
        #expect(Set(shown.map(\.id)).count == 2 && second.next == nil)
        #expect(shown.allSatisfy { $0.name == nil && $0.notebook == "home/…/soup.ipynb" })
        #expect(shown.map(\.solved).reduce(0, +) == 1, "of the notebook that is shown")

        let notebook = "notebook=home%2F%E2%80%A6%2Fsoup.ipynb"
        let now = Date().formatted(.iso8601)
        for path in [
          "progress", "students", "help", "exercises", "roster", "progress?\(notebook)",
          "students?\(notebook)", "students?at=\(now)", "activity", "lessons",
          "students?notebook=home",
        ] {
          let query = path.contains("?") ? "&" : "?"
          let answer = try await HTTP.shared.get("\(course)/\(path)\(query)names=hidden")
          // At that moment nothing may have arrived yet.
          if !path.contains("at=") {
            let expected = path.hasSuffix("=home") ? 404 : 200
            #expect(answer.status == expected, "\(path): \(answer.text)")
          }
          for name in ["zora", "anna", "mina", "Neal", "Bell", "Loy"] {
            #expect(
              answer.text.range(of: name, options: .caseInsensitive) == nil,
              "\(name) in \(path): \(answer.text)")
          }
        }
        // Another process has the same ones.
        let other = try await deployment.serve("dashboard")
        let again = try await HTTP.shared.get(
          "\(other.url)/api/v1/courses/c/students?names=hidden")
        for student in shown { #expect(again.text.contains(student.id)) }
        let listed = try await HTTP.shared.get("\(course)/roster?names=hidden").text
        for student in shown { #expect(listed.contains(student.id), "as in the roster") }
        #expect(try await HTTP.shared.get("\(course)/students?names=no").status == 400)
      }
    }
  }
}
