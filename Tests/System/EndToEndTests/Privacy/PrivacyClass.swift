import CurlTransport
import Foundation
import HTTPTypes
import LocalStack
import NIOCore
import NIOPosix
import PostgresDriver
import ProgressBusTesting
import RedisDriver
import Testing

/// A class of three in every store, one of whom is to be erased; and all that the stores hold, as text.
struct PrivacyClass: Sendable {
  /// Of BigQuery, all that hold learners.
  private static let warehouse = [
    "progress_events", "dialogue_sessions", "learning_history", "learning_profile_snapshots",
    "agent_metrics", "emotion_analysis", "rag_metrics", "sessions_dedup", "exercise_checks",
  ]

  let deployment: MirrorDeployment
  let emulator: BigQueryEmulator
  let influx: ServerController<InfluxServer>

  static func cell(
    _ student: String, name: String, course: String = "c1", notebook: String = "lesson.ipynb",
    error: String = "no"
  ) -> String {
    #"""
    {"event_type":"cell_executed","student_id":"\#(student)","student_name":"\#(name)","course_id":"\#(course)",
    "notebook_path":"\#(notebook)","occurred_at":"2026-03-01T10:00:00.5Z","cell_index":1,"has_error":true,
    "error_name":"E","error_message":"\#(error)"}
    """#
  }

  private static func check(_ student: String, notebook: String) -> String {
    #"""
    {"event_type":"exercise_checked","student_id":"\#(student)","course_id":"c1","notebook_path":"\#(notebook)",
    "occurred_at":"2026-03-01T10:00:02Z","exercise_id":"q1","passed":false,"cell_id":"g1"}
    """#
  }

  private static func ofUser(_ user: String, session: String, text: String) -> [String] {
    [
      #"""
      {"event_type":"dialogue_session_ended","session":{"session_id":"\#(session)","user_id":"\#(user)",
      "start_time":"2026-03-01T10:00:00Z","dialogue_turns":[{"turn_id":"1","speaker":"learner","content":"\#(text)",
      "timestamp":"2026-03-01T10:00:01Z"}]},"learning_history":[{"problem_id":"p1"}],
      "profile_snapshot":{"persistence_score":7.5}}
      """#,
      // A search that names the session alone.
      #"{"event_type":"rag_metric","session_id":"\#(session)","corpus_id":"k","query_text":"searched-\#(session)"}"#,
      #"{"event_type":"emotion_analysis","session_id":"\#(session)","user_id":"\#(user)","emotion":"calm"}"#,
      #"""
      {"event_type":"training_session_completed","session":{"sessionId":"t1","userId":"\#(user)",
      "exerciseType":"squat","startTime":"2026-03-01T10:00:00Z","status":"completed"}}
      """#,
    ]
  }

  /// Sends it all, and waits until it is everywhere.
  func send(to server: ServerUnderTest) async throws {
    let events =
      [
        Self.cell("ada", name: "Ada"), Self.cell("ada", name: "Ada"), Self.cell("bob", name: "Bob"),
        Self.cell("zoe\u{301}", name: "Zora Neale"),
        Self.cell("zoé", name: "Zora Neale", notebook: "zora-notes.ipynb", error: "zora-words"),
        Self.cell("zoé", name: "Zora Neale", course: "zora-notes"),
        // Of these notebooks exercises alone tell.
        Self.check("zoé", notebook: "zora-notes-of-exercises.ipynb"),
        Self.check("zoé", notebook: "exercises.ipynb"),
        Self.check("ada", notebook: "exercises.ipynb"),
      ] + Self.ofUser("ada", session: "d1", text: "a question")
      + Self.ofUser("zoé", session: "d2", text: "my-secret-question")
    for event in events {
      try await deployment.post(event.replacing("\n", with: " "), to: server)
    }
    try await eventually(within: .seconds(90), "all are in BigQuery") {
      let totals = try await deployment.totals(of: server)
      return totals.synced == 21 && totals.pending == 0
    }
    try await eventually(within: .seconds(60), "all are in InfluxDB") {
      let points = (try await points("ada"), try await points("zoé"))
      return points == (3, 5)
    }
    let stats = try await deployment.transport.send(
      TransportRequest(.get, server.url + "/api/v1/users/zo%C3%A9/stats"))
    try #require(stats.status == 200)
    try await makeDeadLetters()
  }

  private func makeDeadLetters() async throws {
    for (sink, kind, text) in [
      ("postgres", "cell_executed", Self.cell("zoé", name: "Zora Neale")),
      ("postgres", "cell_executed", Self.cell("ada", name: "Ada")),
      // No events: one names a learner, of the other nobody can tell more than that it holds the id.
      ("bus", "", #"{"event_type":"help","student_id":"zoé","notebook_path":7}"#),
      ("bus", "", "{\"student\":\"zoe\u{301}\" and no JSON"), ("bus", "", "nothing at all"),
    ] {
      try await redis([
        "XADD", "progress-events:dead-letters", "*", "k", .string(sink), "r", "why", "a", "1", "t",
        .string(kind), "e", .string(text),
      ])
    }
    try await deployment.pool.query(
      """
      insert into bq_sync_failures (source_table, source_key, reason, public_reason, attempts, status)
      select 'progress_events', event_id::text, 'about zoé', 'invalid', 1, 'resolved'
      from progress_events where student_id = 'zoé' limit 1
      """)
    try await deployment.pool.query(
      """
      insert into firestore_completions (document, event_id)
      select 'projects/p/databases/d/documents/users/' || learner || '/sessions/s', gen_random_uuid()
      from unnest(array['zoé', 'ada']) as learner
      """)
  }

  func publishByHand(_ message: String) async throws {
    try await redis(["PUBLISH", "progress-events", .string(message.replacing("\n", with: " "))])
  }

  /// What every store holds, by place.
  func everything() async throws -> [(place: String, text: String)] {
    var found: [(place: String, text: String)] = []
    for table in try await column(
      "select table_name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'"
    ) {
      found.append(
        (table, try await column("select \(table)::text from \(table)").joined(separator: "\n")))
    }
    found.append(("InfluxDB", try await influxText("SELECT * FROM /.*/")))
    found.append(("InfluxDB's series", try await influxText("SHOW SERIES")))
    for key in try await redis(["KEYS", "*"]).array ?? [] {
      guard let key = key.text else { continue }
      let command: RedisCommand
      switch try await redis(["TYPE", .string(key)]).text {
      case "stream": command = ["XRANGE", .string(key), "-", "+"]
      case "hash": command = ["HGETALL", .string(key)]
      default: command = ["GET", .string(key)]
      }
      found.append((key, Self.text(of: try await redis(command))))
    }
    let rows = try await emulator.rows(
      ofEach: Self.warehouse.map { "SELECT * FROM `test.warehouse.\($0)`" })
    let pseudonym = try await column(
      "select encode(sha256(convert_to('zoé' || 'pepper', 'UTF8')), 'hex')")[0]
    for (table, rows) in zip(Self.warehouse, rows) {
      // The pseudonym is as good as the id.
      found.append(("BigQuery \(table)", "\(rows)".replacing(pseudonym, with: "zoé")))
    }
    return found
  }

  /// Everything that is one learner's, byte for byte.
  func dump(of learner: String) async throws -> [String] {
    var found: [String] = []
    for table in try await column(
      "select table_name || '|' || column_name from learner_tables('{student_id,user_id}')")
    {
      let parts = table.split(separator: "|")
      found += try await column(
        "select '\(parts[0])' || row::text from \(parts[0]) as row where \(parts[1]) = '\(learner)' order by 1"
      )
    }
    found += try await column("select rag_metrics::text from rag_metrics where session_id = 'd1'")
    found += try await column(
      """
      select notebooks::text from notebooks
      where notebook_path in ('lesson.ipynb', 'exercises.ipynb') and course_id = 'c1'
      order by notebook_path
      """
    )
    found += try await column(
      "select document from firestore_completions where document like '%/\(learner)/%'")
    found.append(
      try await influxText(
        "SELECT * FROM progress_event, exercise_check WHERE student_id = '\(learner)'"))
    for key in ["progress-events:journal", "progress-events:dead-letters"] {
      for entry in try await redis(["XRANGE", .string(key), "-", "+"]).array ?? [] {
        let text = Self.text(of: entry)
        if text.contains("\"\(learner)\"") || text.contains("nothing at all") { found.append(text) }
      }
    }
    let rows = try await emulator.rows(
      ofEach: Self.warehouse.map { "SELECT * FROM `test.warehouse.\($0)`" })
    let pseudonym = try await column(
      "select encode(sha256(convert_to('\(learner)' || 'pepper', 'UTF8')), 'hex')")[0]
    for row in rows.joined() {
      let text = row.sorted { $0.key < $1.key }.map { "\($0.key)=\(Self.text(of: $0.value))" }
        .joined(
          separator: ",")
      if text.contains("\"\(learner)\"") || text.contains(pseudonym) { found.append(text) }
    }
    return found
  }

  private func points(_ learner: String) async throws -> Int {
    try await influxText(
      "SELECT event_id FROM progress_event, exercise_check WHERE student_id = '\(learner)'"
    ).matches(of: /\["2026|\[17/).count
  }

  private func influxText(_ statement: String) async throws -> String {
    let parameters = QueryString.encode([
      (name: "db", value: influx.database), (name: "epoch", value: "ns"),
      (name: "q", value: statement),
    ])
    let response = try await deployment.transport.send(
      TransportRequest(.get, "\(influx.url)/query\(parameters)"))
    return String(decoding: response.body, as: UTF8.self)
  }

  private func column(_ query: String) async throws -> [String] {
    try await deployment.pool.query("select value from (\(query)) as query(value)").rows.compactMap
    {
      try $0.optional("value", as: String.self)
    }
  }

  @discardableResult
  private func redis(_ command: RedisCommand) async throws -> RedisReply {
    let connection = try await RedisConnection.connect(
      to: RedisAddress(parsing: deployment.environment["REDIS_URL"] ?? ""),
      on: MultiThreadedEventLoopGroup.singleton.next(), options: .patient
    ).get()
    defer { connection.close() }
    return try await connection.send(command).get()
  }

  /// In an order of its own: a dictionary has none.
  private static func text(of value: PythonValue) -> String {
    switch value {
    case .object(let members):
      "{"
        + members.sorted { $0.key < $1.key }.map { "\($0.key): \(text(of: $0.value))" }
        .joined(separator: ", ") + "}"
    case .array(let elements): "[" + elements.map { text(of: $0) }.joined(separator: ", ") + "]"
    case .text(let text): "\"\(text)\""
    default: "\(value)"
    }
  }

  private static func text(of reply: RedisReply) -> String {
    if let parts = reply.array { return parts.map { text(of: $0) }.joined(separator: "\n") }
    return reply.text ?? ""
  }
}
