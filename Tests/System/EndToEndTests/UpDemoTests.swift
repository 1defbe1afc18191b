import CurlTransport
import Foundation
import HTTPServerTesting
import LocalStack
import ProgressBusTesting
import Testing

extension EndToEnd {
  /// `progressbus up --demo`: what a newcomer sees first.
  @Suite struct UpDemoTests {
    @Test func aNewcomerSeesAClassAtWork() async throws {
      try await withTemporaryFolder("demo") { folder in
        let ports = try UpPorts()
        let up = try await ProgressBusProcess.start(
          ["up", "--demo", "--state-dir", "state"] + ports.arguments,
          environment: ["BQ_SYNC_ENABLED": "false"], folder: folder, label: "demo", port: ports.http
        )
        try await up.waitUntilReady()
        let pattern = /http:\S+\?course=(\S+)/
        try await eventually("the address of the class") { try up.log.contains(pattern) }
        let address = try #require(try up.log.firstMatch(of: pattern)).output
        #expect(try up.log.contains("A simulated class of 30 learners is at work."))
        let page = try await HTTP.shared.get(String(address.0))
        #expect(page.status == 200)
        #expect(page.text.contains("<learner-roster"))

        let course = "\(up.url)/api/v1/courses/\(address.1)"
        try await eventually(within: .seconds(20), "thirty learners in several states") {
          let answer = try await HTTP.shared.get("\(course)/progress?limit=1000")
          guard answer.status == 200 else { return false }
          let progress = try answer.decoded(as: Progress.self)
          return progress.learners == 30 && progress.cells.count >= 8
            && progress.states.values.count { $0 > 0 } >= 4
        }
        try await eventually("the class's past on the chart") {
          let activity = try await HTTP.shared.get("\(course)/activity?minutes=60")
            .decoded(as: Activity.self)
          return activity.buckets.contains { $0.help > 0 }
            && activity.buckets.count { $0.executions > 0 } >= 20
        }
        let students = try await students(course)
        #expect(students.map(\.studentName).contains { $0.contains(/\p{Script=Han}/) })
        #expect(students.map(\.studentName).contains { $0.contains(/[A-Z][a-z]/) })

        // And the class goes on, in its own time.
        let before = students.compactMap(\.executions).reduce(0, +)
        try await eventually(within: .seconds(60), "the next cells") {
          try await self.students(course).compactMap(\.executions).reduce(0, +) > before
        }
        let family = Family(of: up.identifier)
        let (exit, _) = await up.stop()
        #expect(exit == .code(0))
        // What a server of its own started ends a moment after it.
        try await eventually("all processes have ended") { family.alive.isEmpty }
        #expect(try !up.log.contains("simulated class has stopped"))
      }
    }

    @Test func whereTokensAreAskedForTheClassHasItsOwnAndNoLogHasOne() async throws {
      try await withTemporaryFolder("demo") { folder in
        let ports = try UpPorts()
        let up = try await ProgressBusProcess.start(
          ["up", "--demo", "--demo-learners", "3", "--state-dir", "state"] + ports.arguments,
          environment: [
            "BQ_SYNC_ENABLED": "false", "PROGRESSBUS_JWT_SECRET": TestTokens.secret,
            "PROGRESSBUS_JWT_ISSUER": TestTokens.issuer,
            "PROGRESSBUS_JWT_AUDIENCE": TestTokens.audience,
          ], folder: folder, label: "demo", port: ports.http)
        try await up.waitUntilReady()
        let admin = try TestTokens.token(scope: "admin")
        try await eventually(within: .seconds(30), "the class") {
          let answer = try await up.request("GET", "/api/v1/courses", token: admin)
          return answer.status == 200 && answer.body.contains(#""learners":3"#)
        }
        #expect(try await up.request("GET", "/api/v1/courses", token: nil).status == 401)
        #expect(try up.log.contains("progressbus token issue --scope admin --sub me --link"))
        #expect(try !up.log.contains("eyJ"))
        #expect(try !up.log.contains("simulated class has stopped"))
        _ = await up.stop()
      }
    }

    @Test(arguments: ["0", "100000", "many"])
    func aClassOfAnImpossibleSizeIsRefused(_ size: String) async throws {
      try await withTemporaryFolder("demo") { folder in
        let outcome = try await ProgressBusCommand.run(
          ["up", "--demo", "--demo-learners", size], folder: folder)
        #expect(outcome.status != 0)
        #expect(outcome.errors.contains("--demo-learners"), "\(outcome)")
        #expect(!FileManager.default.fileExists(atPath: "\(folder)/.progressbus"))
      }
    }

    private func students(_ course: String) async throws -> [Student] {
      try await HTTP.shared.get("\(course)/students?limit=1000").decoded(as: Students.self).students
    }

    private struct Progress: Decodable {
      let learners: Int
      let states: [String: Int]
      let cells: [Cell]
    }

    private struct Cell: Decodable { let cell: String }
    private struct Activity: Decodable { let buckets: [Bucket] }

    private struct Bucket: Decodable {
      let executions: Int
      let help: Int
    }

    private struct Students: Decodable { let students: [Student] }

    private struct Student: Decodable {
      let studentName: String
      let executions: Int?

      private enum CodingKeys: String, CodingKey {
        case studentName = "student_name"
        case executions
      }
    }
  }
}
