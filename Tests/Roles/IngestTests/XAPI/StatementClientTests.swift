import Cryptography
import Foundation
import Logging
import Observability
import ProgressBusTesting
import Subprocess
import SystemPackage
import Testing

@testable import Access
@testable import Ingest

/// A client of xAPI that others wrote, with a token.
@Suite(.timeLimit(.minutes(2))) struct StatementClientTests {
  private struct Answers: Decodable {
    struct About: Decodable { let version: [String] }
    let about: About
    let put: [Int]
    let post: [String]
    let refused: Int
    let another: Int
  }

  @Test func tincanReportsToTheCourseOfItsEndpointWithATokenAsItsPassword() async throws {
    let keys = KeyStore(
      secret: try VerificationKey(secret: Array(TestTokens.secret.utf8)), source: nil,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let token = try TestTokens.token(scope: "ingest", subject: "s-1", courses: ["py 101"])
    var configuration = IngestConfiguration()
    configuration.clients.answered = [.xapi]
    let (output, journal) = try await withIngest(configuration, access: keys) { server in
      let run = try await Subprocess.run(
        .path(FilePath("\(ProjectFolder.path)/.venv/bin/python")),
        arguments: [
          "\(ProjectFolder.path)/Tests/Support/Python/xapi_client.py",
          "http://127.0.0.1:\(server.port)/xapi/py%20101/", token,
        ], output: .string(limit: 1 << 16), error: .string(limit: 1 << 16))
      #expect(run.terminationStatus.isSuccess, "\(run.standardError)")
      return (run.standardOutput, try await server.journal())
    }
    let answers = try JSONDecoder().decode(Answers.self, from: Data(output.utf8))
    #expect(answers.about.version == ["1.0.3"])
    #expect(answers.put == [204, 204])
    #expect(answers.post.count == 2)
    #expect(answers.refused == 400)
    #expect(answers.another == 403)
    let events = try journal.map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    // The same id twice: the stores keep one.
    #expect(
      events.map { $0["event_type"] as? String } == [
        "notebook_opened", "notebook_opened", "exercise_checked",
      ])
    #expect(events.allSatisfy { $0["course_id"] as? String == "py 101" })
    #expect(events[0]["event_id"] as? String == events[1]["event_id"] as? String)
    #expect(events[2]["event_id"] as? String == answers.post[0])
    #expect(events[2]["label"] as? String == "Loops")
    #expect(events[2]["points_possible"] as? Double == 4)
  }
}
