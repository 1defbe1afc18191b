import Foundation
import LocalStack
import PostgresDriver
import ProgressBusTesting
import Testing

@testable import BigQueryMirror

@Suite("Every request that the mirror builds")
struct RequestDescriptionTests {
  private struct Request: Encodable {
    let method: String
    let path: String
    let body: String
  }

  @Test("Fits Google's own description of the API, and holds no learner in the open")
  func described() async throws {
    // Answers 409 to what is made, so that the mirror goes on to look and to mend.
    let server = try await FaultServer.start { request in
      if request.isInsertAll { return Answers.accepted }
      if request.target.contains("/queries") {
        return .json(200, #"{"jobComplete":true,"schema":{"fields":[]},"rows":[]}"#)
      }
      if request.method == "POST" { return Answers.error(409, "duplicate") }
      return .json(
        200,
        #"{"tableReference":{"projectId":"p","datasetId":"d","tableId":"t"},"schema":{"fields":[]},"view":{"query":"x","useLegacySql":false}}"#
      )
    }
    try await withMirror(server.url) { mirror in
      let sql = try String(
        contentsOfFile: "\(ProjectFolder.path)/Tests/Python/eleven_tables.sql", encoding: .utf8)
      try await mirror.pool.withConnection { try await $0.executeScript(sql) }
      #expect(try await mirror.controller.flush().synced == 11)
      _ = try await mirror.controller.createTables(addColumns: true)
      _ = try await mirror.controller.check()
    }
    let requests = server.requests
    await server.stop()

    let lines = try requests.map {
      String(
        decoding: try JSONEncoder().encode(
          Request(method: $0.method, path: $0.target, body: $0.text)), as: UTF8.self)
    }
    let emulator = try await SharedEmulator.shared.server()
    let verdict = try await Python.run(
      emulator.python, "validate_requests.py", [], input: lines.joined(separator: "\n"))
    #expect(verdict == "\(requests.count) requests checked\n")
    #expect(requests.contains { $0.method == "PATCH" })

    for request in requests where request.isInsertAll {
      let isPseudonymous =
        request.target.contains("/progress_events/") || request.target.contains("/sessions/")
      guard isPseudonymous else { continue }
      for secret in ["ada@example.com", "Ada Lovelace", "user-1", "@example", "secret"] {
        #expect(!request.text.contains(secret), "\(secret) in \(request.target)")
      }
    }
    #expect(requests.count { $0.isInsertAll } == 11)
  }
}
