import CurlTransport
import Foundation
import LocalStack
import PostgresDriver
import ProgressBusTesting
import Testing

@testable import BigQueryMirror

/// Every request that the mirror builds.
@Suite(.tags(.servers)) struct RequestDescriptionTests {
  @Test func everyRequestFitsGooglesDescription() async throws {
    // One table is there and lacks columns, and so are all views, with other queries: the mirror looks
    // and mends.
    try await withBigQueryStub(
      otherwise: Answers.script { request in
        if request.isInsertAll { return Answers.accepted }
        if request.target.contains("pageToken") {
          return .json(200, #"{"jobComplete":true,"rows":[]}"#)
        }
        if request.target.contains("/queries/") {
          return .json(200, #"{"jobComplete":true,"pageToken":"more of it","rows":[]}"#)
        }
        if request.target.contains("/queries") {
          return .json(
            200, #"{"jobComplete":false,"jobReference":{"jobId":"job_1","location":"EU"}}"#)
        }
        if request.target.hasSuffix(":access") {
          return .json(200, #"{"payload":{"data":"cGVwcGVy"}}"#)
        }
        if request.method == "PATCH" { return .json(200, request.text) }
        if request.method == "POST" {
          return request.text.contains(/"tableId":"(agent_metrics|\w+_dedup)"/)
            ? Answers.error(409, "duplicate") : .json(200, request.text)
        }
        return .json(
          200,
          #"{"tableReference":{"projectId":"p","datasetId":"d","tableId":"t"},"schema":{"fields":[{"name":"id","type":"STRING"},{"name":"timestamp","type":"TIMESTAMP"}]},"view":{"query":"x","useLegacySql":false}}"#
        )
      }
    ) { server in
      try await withMirror(server.url, change: MirrorFixture.change { $0.location = "EU" }) {
        mirror in
        let sql = try String(
          contentsOfFile: "\(ProjectFolder.path)/Tests/Support/Python/eleven_tables.sql",
          encoding: .utf8)
        try await mirror.pool.withConnection { try await $0.executeScript(sql) }
        #expect(try await mirror.controller.flush().synced == 11)
        _ = try await mirror.controller.createTables(addColumns: true)
        _ = try await mirror.controller.check()
        _ = try await LearnerStatistics(controller: mirror.controller, cache: nil)
          .statistics(of: "ada lovelace", days: 7)
        let secrets = SecretManager(
          transport: mirror.transport, tokens: TokenCache(GivenToken()), baseURL: server.url)
        _ = try await secrets.text(project: "p", name: "salt", version: "latest")
      }
      let checked = try await Self.check(server.requests)
      #expect(checked.values.reduce(0, +) == server.requests.count)
      #expect(checked["bigquery.tabledata.insertAll"] == 11)
      // Each table and its dedup view.
      #expect(checked["bigquery.tables.insert"] == 24)
      #expect(checked["bigquery.jobs.query"] == 1)
      #expect(checked["bigquery.jobs.getQueryResults"] == 2)
      #expect(
        Set(checked.keys) == [
          "bigquery.datasets.insert", "bigquery.tables.insert", "bigquery.tables.get",
          "bigquery.tables.patch", "bigquery.tabledata.insertAll", "bigquery.jobs.query",
          "bigquery.jobs.getQueryResults", "secretmanager.projects.secrets.versions.access",
        ])
    }
  }

  @Test(arguments: [
    ("POST", "/bigquery/v2/projects/p/queries", #"{"query":"x","useLegacySQL":false}"#),
    ("POST", "/bigquery/v2/projects/p/queries", #"{"query":1}"#),
    ("GET", "/bigquery/v2/projects/p/queries/j?timeoutMs=soon", ""),
    ("GET", "/bigquery/v2/projects/p/queries/j?page=2", ""),
    ("PUT", "/bigquery/v2/projects/p/queries", ""),
    (
      "POST", "/bigquery/v2/projects/p/datasets/d/tables/made/insertAll",
      #"{"rows":[{"insertId":"1","json":{"id":1}}]}"#
    ),
    (
      "POST", "/bigquery/v2/projects/p/datasets/d/tables/made/insertAll",
      #"{"rows":[{"insertId":"1","json":{"id":"1","other":null}}]}"#
    ),
  ])
  func whatDoesNotFitIsFound(method: String, path: String, body: String) async throws {
    let made = Described(
      method: "POST", path: "/bigquery/v2/projects/p/datasets/d/tables",
      body: """
        {"tableReference":{"projectId":"p","datasetId":"d","tableId":"made"},
        "schema":{"fields":[{"name":"id","type":"STRING","mode":"REQUIRED"}]}}
        """)
    #expect(try await Self.check([made]) == ["bigquery.tables.insert": 1])
    await #expect(throws: Python.Failure.self) {
      try await Self.check([made, Described(method: method, path: path, body: body)])
    }
  }

  private struct Described: Encodable {
    let method: String
    let path: String
    let body: String
  }

  private struct GivenToken: AccessTokenSource {
    func fetch() -> AccessToken { AccessToken(value: "x", expiresAt: .distantFuture) }
  }

  /// How often each method of the APIs was called.
  ///
  /// - Throws: `Python.Failure` with what does not fit.
  private static func check(_ requests: [RecordedRequest]) async throws -> [String: Int] {
    try await check(
      requests.map { Described(method: $0.method, path: $0.target, body: $0.text) })
  }

  @discardableResult
  private static func check(_ requests: [Described]) async throws -> [String: Int] {
    let lines = try requests.map {
      String(decoding: try JSONEncoder().encode($0), as: UTF8.self)
    }
    let verdict = try await Python.run(
      SharedEmulator.shared.server().python, "validate_requests.py", [],
      input: lines.joined(separator: "\n"))
    return try JSONDecoder().decode([String: Int].self, from: Data(verdict.utf8))
  }
}
