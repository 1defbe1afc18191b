import Foundation
import LocalStack
import PostgresDriver
import ProgressBusTesting
import Testing

extension FirestoreEndToEnd {
  /// Documents that nobody expects, two sources at once, and what the documentation says.
  @Suite struct OddSessionTests {
    private static func session(_ more: String) -> String {
      #"{"status": "completed", "exerciseType": "squat", "startTime": "2026-03-01T10:00:00+00:00"\#(more)}"#
    }

    @Test func twoSourcesAtOnceFindEverySessionOnceHoweverOddItIs() async throws {
      let script: FaultServer.Script = { _ in .json(200, #"{"kind":"x"}"#) }
      try await withBigQueryStub(otherwise: script) { bigQuery in
        try await withFirestoreDeployment(
          bigQueryURL: bigQuery.url, ["FIRESTORE_COMPLETION_FIELD": "finished"]
        ) { deployment in
          let mirror = deployment.mirror
          let padding = String(repeating: "x", count: 1_000_000)
          let odd: [(user: String, id: String, fields: String)] = [
            // One id for two users; completed at a text, a number, a map, nothing, null.
            ("a", "same", #", "finished": "2026-03-01T10:05:00Z""#),
            ("b", "same", #", "finished": 5"#), ("c", "s", #", "finished": {"at": 1.5}"#),
            ("d", "s", ""), ("e", "s", #", "finished": null"#),
            // As large as a document can be, most of it nothing of ours.
            ("f", "s", #", "padding": "\#(padding)""#),
            // Slash and combining mark; a reserved character and a percent sign; another script.
            ("\u{301}g", "\u{302}s", ""), ("h%2Fi j?#", "s+&", ""), ("ユーザー", "セッション", ""),
            // Two names that are one to whoever compares by normal form: no page may fail for it.
            ("j", "s", #", "formFeedback": {"\#u{e9}": 1, "e\#u{301}": 2}"#),
            // No valid event.
            ("k", "s", #", "repCount": "many""#),
          ]
          let first = try mirror.server(roles: "firestore-source")
          let second = try mirror.server(roles: "worker,firestore-source")
          try await withServer(second) { second in
            try await withServer(first) { first in
              for session in odd {
                try await deployment.change(session.user, session.id, Self.session(session.fields))
              }
              try await eventually(within: .seconds(180), "each document is told its outcome") {
                try await deployment.shown().sessions.values.filter {
                  $0.bigquerySyncStatus != nil
                }.count == odd.count
              }
              // The one that reads dies by force or is the other; either goes on alone.
              await first.kill()
              try await deployment.change("late", "s", Self.session(""))
              try await eventually(within: .seconds(120), "the other reads") {
                try await deployment.shown().sessions["late/s"]?.bigquerySyncStatus == "synced"
              }
            }
            let shown = try await deployment.shown()
            for session in odd {
              let document = try #require(shown.sessions["\(session.user)/\(session.id)"])
              let isRefused = ["j", "k"].contains(session.user)
              #expect(
                document.bigquerySyncStatus == (isRefused ? "failed" : "synced"),
                "\(session.user): \(document.bigquerySyncError ?? "")")
            }
            #expect(Set(shown.failures.map(\.userId)) == ["j", "k"])
            #expect(
              shown.sessions["k/s"]?.bigquerySyncError?.contains("/session/repCount") == true)
            #expect(
              try await mirror.number("select count(*) from training_sessions") == odd.count - 1)
            let sent = bigQuery.requests.flatMap {
              $0.text.matches(of: /"insertId":"([^"]*)"/).map { String($0.1) }
            }
            #expect(sent.count == odd.count - 1 && Set(sent).count == sent.count)
          }
        }
      }
    }

    /// `docs/firestore.md`, its commands in their order. `firebase` and `gcloud` need a project of Google's.
    @Test func everyDocumentedCommandWorks() async throws {
      let text = try String(
        contentsOfFile: "\(ProjectFolder.path)/docs/firestore.md", encoding: .utf8)
      let commands = text.split(separator: "\n").filter { $0.hasPrefix("    progressbus ") }
        .map { $0.split(separator: " ").dropFirst().map(String.init) }
      #expect(commands == [["migrate"], ["serve", "--roles", "firestore-source"]])
      let statements = text.matches(of: /`((?:select|delete) [^`]*)`/).map { String($0.1) }
      #expect(statements.count == 2)
      try await withFirestoreDeployment(bigQueryURL: "http://127.0.0.1:1") { deployment in
        let mirror = deployment.mirror
        let roles = try #require(commands.last?.last)
        #expect(try await mirror.run(commands[0]).status == 0)
        let source = try mirror.server(roles: roles)
        let published = #"progressbus_firestore_sessions_total{outcome="published"} "#
        try await withServer(source) { process in
          try await deployment.change(
            "u", "s", Self.session(#", "endTime": "2026-03-01T10:05:00+00:00""#))
          try await eventually(within: .seconds(60), "it is found") {
            try await mirror.metrics(of: process.server).contains(published + "1")
          }
          let triggers = "select count(*) from pg_trigger where tgname like 'firestore_note%'"
          try await eventually(within: .seconds(60), "outcomes are noted") {
            try await mirror.number(triggers) == 2
          }
          for statement in statements { try await mirror.pool.query(statement) }
          #expect(try await mirror.number(triggers) == 0)
          try await eventually(within: .seconds(60), "it is published anew") {
            try await mirror.metrics(of: process.server).contains(published + "2")
          }
        }
      }
    }
  }
}
