import CurlTransport
import Foundation
import HTTPTypes
import LocalStack
import PostgresDriver
import ProgressBusTesting
import Testing

/// Erasing a learner, and the copy before it, in the running program with every store.
@Suite(.serialized, .tags(.servers)) struct ErasureTests {
  /// What no store may hold afterwards: the id, in both normal forms, the name, and what the learner wrote.
  private static let traces = [
    "zoé", "zoe\u{301}", "Zo\\u00e9", "Zora Neale", "my-secret-question", "zora-notes",
    "zora-words",
    "searched-d2",
  ]

  /// In the journal nobody can tell whose a search is that names a session alone; it is trimmed in ten minutes.
  private static func isUnknown(_ trace: String, _ place: String) -> Bool {
    trace == "searched-d2" && place == "progress-events:journal"
  }

  @Test func nothingOfAnErasedLearnerIsLeftAndTheOthersAreUntouched() async throws {
    try await withMirrorEmulator { emulator in
      try await withInfluxDB { influx in
        try await withMirrorDeployment(
          bigQueryURL: emulator.url,
          [
            "PROGRESSBUS_WORKER_SINKS": "postgres,influxdb", "INFLUXDB_URL": influx.url,
            "INFLUXDB_DATABASE": influx.database,
          ]
        ) { deployment in
          let made = try await deployment.run("bigquery", "create-tables")
          try #require(made.status == 0, "\(made.output)")
          let school = PrivacyClass(
            deployment: deployment, emulator: emulator.server, influx: influx)
          try await withServer(deployment.server()) { process in
            let server = process.server
            try await school.send(to: server)
            let before = try await school.dump(of: "ada")

            // The id as another program may type it, with its mark apart.
            let exported = try await deployment.run("export", "--student", "zoe\u{301}")
            try #require(exported.status == 0, "\(exported.output)")
            for text in ["my-secret-question", "zora-words", "zora-notes", "Zora Neale"] {
              #expect(exported.output.contains(text), "\(text)")
            }
            for store in ["postgresql", "influxdb", "bigquery", "journal", "dead-letters"] {
              #expect(exported.output.contains(#"{"store":"\#(store)","#), "\(store)")
            }
            #expect(!exported.output.contains("ada@"))

            let tried = try await deployment.run("erase", "--student", "zoé", "--dry-run")
            #expect(tried.status == 0, "\(tried.output)")
            #expect(tried.output.contains("postgresql.progress_events: 3"), "\(tried.output)")
            #expect(try await school.dump(of: "ada") == before, "a dry run changes nothing")
            let unasked = try await deployment.run("erase", "--student", "zoé")
            #expect(unasked.status != 0 && unasked.output.contains("--yes"), "\(unasked.output)")

            let erased = try await deployment.run("erase", "--student", "zoe\u{301}", "--yes")
            #expect(erased.status == 0, "\(erased.output)")

            let everything = try await school.everything()
            for (place, text) in everything {
              for trace in Self.traces where !Self.isUnknown(trace, place) {
                #expect(!text.contains(exactly: trace), "\(trace) is in \(place)")
              }
            }
            #expect(try await school.dump(of: "ada") == before)
            let totals = try await deployment.totals(of: server)
            #expect(totals.pending == 0 && totals.failed == 0, "\(totals)")

            // What a client still has is dropped, counted, and shown nowhere.
            let late = try await deployment.transport.send(
              TransportRequest(
                .post, server.url + "/student-progress",
                headers: [.contentType: "application/json"],
                body: Array(PrivacyClass.cell("zoe\u{301}", name: "Zora Neale").utf8)))
            #expect(late.status == 202)
            try await school.publishByHand(PrivacyClass.cell("zoé", name: "Zora Neale"))
            try await eventually(within: .seconds(30), "both are counted") {
              let metrics = try await deployment.metrics(of: server)
              return metrics.contains(#"progressbus_erased_dropped_total{place="publisher"} 1"#)
                && metrics.contains(#"progressbus_erased_dropped_total{place="adoption"} 1"#)
            }
            try await deployment.post(PrivacyClass.cell("bob", name: "Bob"), to: server)
            try await eventually(within: .seconds(30), "the others are stored") {
              try await deployment.number(
                "select count(*) from progress_events where student_id = 'bob'") == 2
            }
            for (place, text) in try await school.everything() {
              for trace in Self.traces where !Self.isUnknown(trace, place) {
                #expect(!text.contains(exactly: trace), "\(trace) is in \(place) again")
              }
            }
            let again = try await deployment.run("erase", "--student", "zoé", "--yes")
            #expect(again.status == 0, "\(again.output)")

            let audit = try await deployment.run("audit", "--json")
            let actions = audit.output.split(separator: "\n").filter {
              $0.contains(#""outcome":"done""#)
            }
            for action in ["bigquery.create-tables", "export", "erase"] {
              #expect(
                actions.contains { $0.contains("\"\(action)\"") }, "\(action): \(audit.output)")
            }
            for trace in Self.traces { #expect(!audit.output.contains(exactly: trace)) }
          }
        }
      }
    }
  }

  @Test func everyTableWithALearnersColumnIsCovered() async throws {
    try await withMirrorDeployment(bigQueryURL: "http://127.0.0.1:1") { deployment in
      let uncovered = try await deployment.pool.query(
        """
        select table_name || '.' || column_name as name from information_schema.columns
        join information_schema.tables using (table_schema, table_name)
        where table_schema = 'public' and table_type = 'BASE TABLE'
          and column_name ~ '(student|user|learner|pupil|email|person)'
          -- Keyed hashes, not ids.
          and table_name not in ('erased_learners', 'erasures', 'erasure_steps')
          and column_name not in ('student_name')
          and (table_name, column_name) not in (
            select table_name, column_name from learner_tables('{student_id,user_id}'))
        """
      ).rows.map { try $0.value("name", as: String.self) }
      #expect(uncovered.isEmpty)
    }
  }

  @Test func anErasureThatWasKilledGoesOnWithTheSameCommand() async throws {
    let slow = Switch()
    let script: FaultServer.Script = { request in
      guard request.target.contains("/queries") else { return .json(200, #"{"kind":"x"}"#) }
      return .json(
        200, #"{"jobComplete":true,"numDmlAffectedRows":"0","rows":[{"f":[{"v":"0"}]}]}"#,
        delay: slow.isOn ? .seconds(20) : .zero)
    }
    try await withFaultServer(otherwise: script) { bigQuery in
      try await withMirrorDeployment(bigQueryURL: bigQuery.url) { deployment in
        try await deployment.pool.query(
          """
          insert into progress_events (
            event_id, occurred_at, received_at, event_type, course_id, student_id, notebook_path)
          select gen_random_uuid(), now() - number * interval '1 s', now(), 'cell_executed', 'c',
            case when number % 10 = 0 then 'ada' else 'zora' end, 'a.ipynb'
          from generate_series(1, 50000) as number
          """)
        let killed = try await ProgressBusProcess.start(
          ["erase", "--student", "zora", "--yes"], environment: deployment.environment,
          folder: deployment.folder, label: "killed", port: 0)
        try await eventually(within: .seconds(60), "some rows are gone") {
          try await deployment.number(
            "select coalesce(sum(removed), 0) from erasure_steps where step like 'postgresql.progress%'"
          ) > 0
        }
        await killed.kill()
        #expect(
          try await deployment.number("select count(*) from erasures where finished_at is null")
            == 1)
        slow.turnOff()
        let resumed = try await deployment.run("erase", "--student", "zora", "--yes")
        #expect(resumed.status == 0, "\(resumed.output)")
        #expect(resumed.output.contains("going on with an erasure"), "\(resumed.output)")
        #expect(
          resumed.output.contains("postgresql.progress_events: removed 45000"), "\(resumed.output)")
        #expect(try await deployment.number("select count(*) from progress_events") == 5000)
        let audit = try await deployment.run("audit", "--action", "erase", "--json")
        #expect(
          audit.output.contains(#""outcome":"begun""#)
            && audit.output.contains(#""outcome":"done""#))
      }
    }
  }

  @Test func rowsInTheStreamingBufferAreTriedAgainLater() async throws {
    let refuses = Switch()
    let script: FaultServer.Script = { request in
      guard request.text.contains("DELETE FROM") else {
        return .json(200, #"{"jobComplete":true,"rows":[{"f":[{"v":"0"}]}]}"#)
      }
      guard refuses.isOn, request.text.contains("agent_metrics` WHERE") else {
        return .json(200, #"{"jobComplete":true,"numDmlAffectedRows":"2"}"#)
      }
      // As https://cloud.google.com/bigquery/docs/data-manipulation-language#limitations has it.
      let message =
        "UPDATE or DELETE statement over table test.warehouse.agent_metrics would affect rows in the streaming buffer, which is not supported"
      return .json(
        400,
        #"{"error":{"code":400,"message":"\#(message)","errors":[{"message":"\#(message)","domain":"global","reason":"invalidQuery","location":"q","locationType":"parameter"}],"status":"INVALID_ARGUMENT"}}"#
      )
    }
    try await withFaultServer(otherwise: script) { bigQuery in
      try await withMirrorDeployment(bigQueryURL: bigQuery.url) { deployment in
        let first = try await deployment.run("erase", "--student", "zora", "--yes")
        #expect(first.status == 3, "\(first.output)")
        #expect(first.output.contains("bigquery.warehouse.agent_metrics: removed 0, NOT DONE"))
        #expect(
          first.output.contains("bigquery.warehouse.dialogue_sessions: removed 0, NOT DONE"),
          "their sessions are still needed: \(first.output)")
        #expect(first.output.contains("bigquery.warehouse.emotion_analysis: removed 2"))
        refuses.turnOff()
        let second = try await deployment.run("erase", "--student", "zora", "--yes")
        #expect(second.status == 0, "\(second.output)")
        #expect(second.output.contains("bigquery.warehouse.agent_metrics: removed 2"))
        #expect(
          second.output.contains("bigquery.warehouse.emotion_analysis: removed 2"), "not again")
        let deletions = bigQuery.requests.filter { $0.text.contains("DELETE FROM") }
        #expect(deletions.filter { $0.text.contains("progress_events` WHERE") }.count == 1)
      }
    }
  }
}

extension String {
  /// By its bytes: Swift takes two normal forms of one text for equal.
  fileprivate func contains(exactly text: String) -> Bool {
    Data(utf8).range(of: Data(text.utf8)) != nil
  }
}
