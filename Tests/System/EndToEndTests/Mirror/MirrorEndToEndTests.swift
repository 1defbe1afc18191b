import CurlTransport
import Foundation
import HTTPTypes
import LocalStack
import PostgresDriver
import ProgressBusTesting
import Synchronization
import Testing

extension MirrorEndToEnd {
  /// The BigQuery mirror in the running program.
  @Suite struct MirrorEndToEndTests {
    @Test func whatIsSentByPOSTArrivesInAllTables() async throws {
      try await withMirrorEmulator { emulator in
        try await withBigQueryProxy(to: emulator.url) { bigQuery in
          try await withMirrorDeployment(bigQueryURL: bigQuery.url) { deployment in
            let made = try await deployment.run("bigquery", "create-tables")
            #expect(made.status == 0, "\(made.output)")
            let checked = try await deployment.run("bigquery", "check")
            #expect(checked.status == 0, "\(checked.output)")
            try await withServer(deployment.server()) { process in
              let server = process.server
              let events = try String(
                contentsOfFile: "\(ProjectFolder.path)/Tests/Support/Python/eleven_tables.ndjson",
                encoding: .utf8)
              for event in events.split(separator: "\n") {
                try await deployment.post(String(event), to: server)
              }
              try await eventually(within: .seconds(60), "all are synced") {
                try await deployment.totals(of: server)
                  == MirrorFigures(enqueued: 11, synced: 11, pending: 0, failed: 0)
              }
              try await ElevenTables.posted.check("test.warehouse", in: emulator.server)
              let statistics = try await deployment.get(
                StatisticsAnswer.self, "/api/v1/users/user-1/stats?days=366", of: server)
              #expect(statistics.source == "bigquery")
              #expect(statistics.totals == .init(sessions: 1, problems: 1, hints: 2))
            }
          }
        }
      }
    }

    @Test func aHundredAskersCostOneQuery() async throws {
      let answer = FaultAnswer.json(
        200,
        #"{"jobComplete":true,"rows":[]}"#, delay: .milliseconds(200))
      let script: FaultServer.Script = { _ in answer }
      try await withBigQueryStub(otherwise: script) { bigQuery in
        try await withMirrorDeployment(bigQueryURL: bigQuery.url) { deployment in
          try await withServer(deployment.server(roles: "dashboard")) { process in
            let server = process.server
            let answers = try await withThrowingTaskGroup(of: StatisticsAnswer.self) { group in
              for _ in 0..<100 {
                group.addTask {
                  try await deployment.get(
                    StatisticsAnswer.self, "/api/v1/users/ada/stats", of: server)
                }
              }
              return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(answers.map(\.generatedAt)).count == 1)
            #expect(answers.allSatisfy { $0.source == "bigquery" && $0.days.count == 7 })
            #expect(bigQuery.requests.filter { $0.target.hasSuffix("/queries") }.count == 1)
            let refused = try await deployment.transport.send(
              TransportRequest(.get, server.url + "/api/v1/users/ada/stats?days=0"))
            #expect(refused.status == 400)
            #expect(String(decoding: refused.body, as: UTF8.self).contains("days"))
          }
        }
      }
    }

    @Test func statisticsComeFromPostgreSQLWhileItIsOff() async throws {
      try await withMirrorDeployment(
        bigQueryURL: "http://127.0.0.1:1", ["BQ_SYNC_ENABLED": "false"]
      ) { deployment in
        try await withServer(deployment.server()) { process in
          let server = process.server
          let statistics = try await deployment.get(
            StatisticsAnswer.self, "/api/v1/users/ada/stats?days=1", of: server)
          #expect(statistics.source == "postgresql")
          let flush = try await deployment.transport.send(
            TransportRequest(.post, server.url + "/api/bq-sync/flush"))
          #expect(flush.status == 409)
          #expect(String(decoding: flush.body, as: UTF8.self).contains("BQ_SYNC_ENABLED"))
        }
      }
    }

    @Test func withoutASaltTheProgramRefusesToStart() async throws {
      try await withMirrorDeployment(bigQueryURL: "http://127.0.0.1:1") { deployment in
        let refused = try await deployment.run(
          "serve", "--http-port", "0", environment: ["PSEUDONYMIZATION_SALT": ""])
        #expect(refused.status == 1)
        #expect(refused.output.contains("PSEUDONYMIZATION_SALT"), "\(refused.output)")
      }
    }

    struct StatisticsAnswer: Decodable {
      struct Figures: Decodable, Equatable {
        let sessions: Int
        let problems: Int
        let hints: Int
      }
      struct Day: Decodable { let day: String }

      private enum CodingKeys: String, CodingKey {
        case source, totals, days
        case generatedAt = "generated_at"
      }

      let source: String
      let generatedAt: String
      let totals: Figures
      let days: [Day]
    }
  }
}
