import Events
import Foundation
import PostgresDriver
import ProgressBusTesting
import Testing

@testable import BigQueryMirror

/// What leaves for tables that know learners by pseudonym although they are declared to name them.
@Suite(.tags(.servers)) struct PseudonymTests {
  /// Learners' ids and texts in the rows of `eleven_tables.sql`, beside what other tables hold openly.
  private static let secrets = [
    "user-1", "because", "why", "sets and", "plate", "http://x/y", "h1\"", "l1\"",
  ]

  private static func fill(_ mirror: MirrorFixture) async throws {
    let sql = try String(
      contentsOfFile: "\(ProjectFolder.path)/Tests/Support/Python/eleven_tables.sql",
      encoding: .utf8)
    try await mirror.pool.withConnection { try await $0.executeScript(sql) }
    try await mirror.pool.query("update rag_metrics set query_text = 'sets and numbers'")
  }

  /// Answers as a BigQuery that has the tables as they are created here, or none.
  private static let answers: FaultServer.Script = { request in
    if request.isInsertAll { return Answers.accepted }
    return request.method == "GET"
      ? Answers.error(404, "notFound") : .json(200, request.text)
  }

  private static let named = Set(
    WarehouseCatalog.tables.filter { $0.identifiers == .open }.map(\.sourceTable))

  @Test func noRequestHoldsALearnerOrATextWhenAllTablesHavePseudonyms() async throws {
    try await withBigQueryStub(otherwise: Self.answers) { server in
      try await withMirror(
        server.url, change: MirrorFixture.change { $0.pseudonymizedTables = Self.named }
      ) { mirror in
        try await Self.fill(mirror)
        #expect(try await mirror.controller.flush().synced == 11)
        _ = try await mirror.controller.createTables()
        _ = try await mirror.controller.check()
        #expect(server.requests.count { $0.isInsertAll } == 11)
        for request in server.requests {
          for secret in Self.secrets {
            #expect(!request.text.contains(secret), "\(secret) in \(request.target)")
          }
        }
        let history = try Self.row(sentTo: "learning_history", by: server)
        let pseudonym = try #require(Pseudonymizer(salt: MirrorFixture.salt))
        #expect(history.document["user_id"] as? String == pseudonym.pseudonym(for: "user-1"))
        #expect(history.document["id"] as? String == pseudonym.pseudonym(for: "h1"))
        #expect(history.insertID == pseudonym.pseudonym(for: "h1"))
        #expect(history.document["points_earned"] as? Int == 20)
      }
    }
  }

  @Test func aDialogueKeepsItsTurnsButNotTheirTexts() async throws {
    try await withBigQueryStub(otherwise: Self.answers) { server in
      try await withMirror(
        server.url, change: MirrorFixture.change { $0.pseudonymizedTables = ["dialogue_sessions"] }
      ) { mirror in
        try await Self.fill(mirror)
        _ = try await mirror.controller.flush()
        let row = try Self.row(sentTo: "dialogue_sessions", by: server)
        let turns = try #require(row.document["dialogue_turns"] as? [[String: Any]])
        #expect(
          turns.map { $0.keys.sorted() }
            == [
              ["emotion", "speaker", "timestamp", "turn_id"],
              ["emotion", "speaker", "timestamp", "turn_id"],
            ])
        #expect(row.document["total_points"] as? Int == 30)
        #expect(row.document["problem_ids"] as? [String] == ["p1", "p 2"])
        // The other tables go on as they are declared.
        let history = try Self.row(sentTo: "learning_history", by: server)
        #expect(history.document["user_id"] as? String == "user-1")

        _ = try await mirror.controller.createTables()
        let created = try #require(
          server.requests.first {
            $0.text.contains(#""tableId":"dialogue_sessions""#) && $0.method == "POST"
          })
        #expect(created.text.contains(#""name":"dialogue_turns""#))
        #expect(!created.text.contains(#""name":"content""#))
      }
    }
  }

  @Test func aTableThatDemandsAPersonalColumnIsRefusedAtTheStart() async throws {
    let demanding = #"""
      {"tableReference":{"projectId":"test","datasetId":"warehouse","tableId":"dialogue_sessions"},
      "schema":{"fields":[{"name":"session_id","type":"STRING","mode":"REQUIRED"},
      {"name":"dialogue_turns","type":"RECORD","mode":"REPEATED","fields":[
        {"name":"turn_id","type":"STRING","mode":"REQUIRED"},
        {"name":"content","type":"STRING","mode":"REQUIRED"}]}]}}
      """#
    try await withBigQueryStub(otherwise: Answers.script { _ in .json(200, demanding) }) { server in
      try await withMirror(
        server.url, change: MirrorFixture.change { $0.pseudonymizedTables = ["dialogue_sessions"] }
      ) { mirror in
        try await Self.fill(mirror)
        let error = MirrorError.demandedColumn(
          table: "warehouse.dialogue_sessions", column: "dialogue_turns.content")
        await #expect(throws: error) { try await mirror.controller.prepare() }
        await #expect(throws: error) { try await mirror.controller.flush() }
        #expect(!server.requests.contains { $0.isInsertAll })
        #expect(try await mirror.controller.check().problems == ["\(error)"])
      }
    }
  }

  @Test func aColumnInTheRegistryMakesTheWholeTablePseudonymous() async throws {
    try await withBigQueryStub(otherwise: Self.answers) { server in
      try await withMirror(server.url) { mirror in
        try await mirror.pool.query(
          """
          update bq_sync_registry set pseudonymised_columns = '{user_id}'
          where source_table = 'rag_metrics'
          """)
        try await Self.fill(mirror)
        _ = try await mirror.controller.flush()
        let row = try Self.row(sentTo: "rag_metrics", by: server)
        #expect((row.document["user_id"] as? String)?.count == 64)
        #expect(row.document["query_text"] == nil)
      }
    }
  }

  @Test func aTableThatLeavesOutButHashesNothingNeedsNoSalt() async throws {
    let tables = try #require(WarehouseCatalog.table(for: "detection_logs"))
    let rules = PseudonymRules(columns: tables.columns)
    #expect(!rules.hashes && rules.leavesOut)
    let document = #"{"tid": "T1", "vehicle_ocr": "{}", "face_features": null, "tags": ["a"]}"#
    let left = try rules.apply(to: Array(document.utf8)[...], nil)
    #expect(String(decoding: left, as: UTF8.self) == #"{"tid":"T1","tags":["a"]}"#)
  }

  @Test func whatRulesAreNotAboutIsCopiedByteForByte() throws {
    let rules = PseudonymRules(columns: [
      WarehouseColumn("who", .string, privacy: .identifier),
      WarehouseColumn("name", .string, privacy: .personal),
      WarehouseColumn(
        "inner", .record, .repeated,
        columns: [
          WarehouseColumn("whose", .string, .repeated, privacy: .identifier),
          WarehouseColumn("work", .string, privacy: .work),
        ]),
    ])
    let pseudonymizer = try #require(Pseudonymizer(salt: "pepper"))
    func apply(_ document: String) throws -> String {
      String(
        decoding: try rules.apply(to: Array(document.utf8)[...], pseudonymizer), as: UTF8.self)
    }
    let hash = "3ec3e5ada7d357d0c5c638f71248a9815f7abbcbc14c29d0fbd0001d56b88875"
    #expect(
      try apply(#"{"name": "Ada", "n": 9007199254740993, "t": "\"é\\", "x": {"name": "kept"}}"#)
        == #"{"n":9007199254740993,"t":"\"é\\","x":{"name": "kept"}}"#)
    #expect(try apply(#"{"who": "user-1"}"#) == #"{"who":"\#(hash)"}"#)
    #expect(try apply(#"{"who": null, "name": null}"#) == #"{"who":null}"#)
    #expect(
      try apply(#"{"who": 7}"#) == #"{"who":"\#(pseudonymizer.pseudonym(for: "7"))"}"#)
    #expect(
      try apply(#"{"inner": [{"work": "x", "whose": ["user-1", null]}, {}, null]}"#)
        == #"{"inner":[{"whose":["\#(hash)",null]},{},null]}"#)
    #expect(throws: JSONSyntaxError.self) { try apply(String(repeating: "[", count: 200)) }
  }

  @Test func everyNamedTableIsWhollyPseudonymousUnderItsRules() {
    for table in WarehouseCatalog.tables where table.identifiers == .open {
      let rules = PseudonymRules(columns: table.columns)
      func check(_ columns: [WarehouseColumn], _ rules: PseudonymRules?, _ path: String) {
        for column in columns {
          switch (column.privacy, rules?.rules[column.name]) {
          case (.identifier, .hash), (.derivedIdentifier, .hash),
            (.personal, .leaveOut), (.work, .leaveOut):
            continue
          case (.open, .inside(let inner)): check(column.columns, inner, path + column.name + ".")
          case (.open, nil): check(column.columns, nil, path + column.name + ".")
          default: Issue.record("\(path)\(column.name)")
          }
        }
      }
      check(table.columns, rules, table.sourceTable + ".")
    }
  }

  /// The one row that was sent to a table.
  private static func row(
    sentTo table: String, by server: FaultServer
  ) throws -> (insertID: String?, document: [String: Any]) {
    let request = try #require(
      server.requests.first { $0.target.hasSuffix("/tables/\(table)/insertAll") })
    let body = try JSONSerialization.jsonObject(with: Data(request.body)) as? [String: Any]
    let row = try #require((body?["rows"] as? [[String: Any]])?.first)
    return (row["insertId"] as? String, try #require(row["json"] as? [String: Any]))
  }
}
