import Foundation
import HTTPServerTesting
import LocalStack
import ProgressBusTesting
import RedisDriver
import Subprocess
import Testing

extension EndToEnd {
  /// The whole system with marked learners and marked secrets, in ordinary use and in every trouble; then a search
  /// through all that is there to read for those who may not see learners.
  @Suite struct PrivacySearchTests {
    /// Part of everything that is marked. No word of ours has it.
    private static let mark = "qzxmark"
    /// From here the marked requests come, and this is whom a proxy says it speaks for.
    private static let addresses = ["127.77.66.55", "203.0.113.77"]
    private static let student = "\(mark).person@school.example"
    private static let secret = "the \(mark) secret of tokens, 32 bytes or more"

    private static let cell = #"""
      {"event_type":"cell_executed","student_id":"\#(student)","student_name":"\#(mark) Personova",
      "course_id":"py101","notebook_path":"\#(mark)/notes.ipynb","cell_id":"\#(mark)-cell",
      "code":"\#(mark) = 1","result":"\#(mark)","has_error":true,"error_name":"\#(mark)Error",
      "error_message":"\#(mark) is not defined","duration_ms":12.5}
      """#

    private static let others = [
      #"""
      {"event_type":"dialogue_session_ended","course_id":"py101","session":{"session_id":"\#(mark)-d",
      "user_id":"\#(student)","start_time":"2026-03-01T10:00:00Z","dialogue_turns":[{"turn_id":"1",
      "speaker":"learner","content":"\#(mark) asks","timestamp":"2026-03-01T10:00:01Z"}]},
      "learning_history":[{"problem_id":"\#(mark)"}]}
      """#,
      #"""
      {"event_type":"exercise_checked","student_id":"\#(student)","course_id":"py101",
      "notebook_path":"\#(mark)/notes.ipynb","exercise_id":"\#(mark)-q","label":"\#(mark) asks",
      "passed":false,"answer":"\#(mark) answers"}
      """#,
      #"""
      {"event_type":"rag_metric","course_id":"py101","session_id":"\#(mark)-d","corpus_id":"k",
      "query_text":"\#(mark) searches"}
      """#,
      #"""
      {"event_type":"emotion_analysis","course_id":"py101","session_id":"\#(mark)-d",
      "user_id":"\#(student)","emotion":"calm"}
      """#,
      #"""
      {"event_type":"training_session_completed","course_id":"py101","session":{"sessionId":"\#(mark)-t",
      "userId":"\#(student)","exerciseType":"squat","startTime":"2026-03-01T10:00:00Z",
      "status":"completed"}}
      """#,
    ]

    private static func cell(_ old: String, _ new: String) -> String {
      cell.replacingOccurrences(of: old, with: new)
    }

    /// What is no event, in ways that a message may quote.
    private static let malformed: [String] = [
      String(cell.dropLast(4)), mark, "[\"\(mark)\",{\"\(mark)\":1}]",
      cell("12.5", "\"\(mark)\""), cell("cell_executed", mark),
      cell("\"duration_ms\"", "\"\(mark)_field\":[{\"\(mark)\":{}}],\"duration_ms\""),
      cell("\"duration_ms\"", "\"occurred_at\":\"\(mark)\",\"duration_ms\""),
      cell("\"duration_ms\"", "\"event_id\":\"\(mark)\",\"duration_ms\""),
      cell("py101", String(repeating: mark, count: 40)),
      cell("\"\(mark)-cell\"", "{\"\(mark)\":\"\(mark)\"}"),
      cell("Personova", "\\u0000"), cell("Personova", "\\ud800"),
      "{\"event_type\":\"training_session_completed\",\"session\":\"\(mark)\"}",
    ]

    /// Something that was there to read.
    private struct Sight {
      let place: String
      let text: String
    }

    private struct Scene: Sendable {
      let deployment: Deployment
      let front: ProgressBusProcess
      let environment: [String: String]
      let learner: String
      let operatorToken: String

      /// Asks from the marked address. What a request's own target names may stand in its answer.
      func ask(
        _ method: String, _ target: String, token: String? = nil, fields: [String] = [],
        body: String = "", of process: ProgressBusProcess? = nil
      ) async throws -> Sight {
        let path = "\(deployment.folder)/\(UUID().uuidString)"
        var lines = ["Content-Type: application/json", "X-Forwarded-For: \(addresses[1])"]
        if let token { lines.append("Authorization: Bearer \(token)") }
        try (lines + fields).joined(separator: "\n").write(
          toFile: path + ".fields", atomically: true, encoding: .utf8)
        try body.write(toFile: path + ".body", atomically: true, encoding: .utf8)
        var arguments = [
          "-s", "-i", "--max-time", "20", "-X", method, "--interface", addresses[0],
          "-H", "@\(path).fields",
        ]
        if !body.isEmpty { arguments += ["--data-binary", "@\(path).body"] }
        let result = try await run(
          .name("curl"), arguments: Arguments(arguments + ["\((process ?? front).url)\(target)"]),
          output: .string(limit: 16 << 20))
        let answer = result.standardOutput
        return Sight(
          place: "\(method) \(target.prefix(80)): \(answer.prefix(12))",
          text: target.contains(mark) ? "" : answer)
      }

      /// What a command prints.
      func command(
        _ arguments: [String], environment more: [String: String] = [:]
      ) async throws -> Sight {
        let outcome = try await ProgressBusCommand.run(
          arguments, environment: environment.merging(more) { $1 }, folder: deployment.folder)
        return Sight(place: arguments.joined(separator: " "), text: "\(outcome)")
      }
    }

    @Test func nobodyWithoutTheRightReadsWhoALearnerIsOrASecret() async throws {
      let refusing = Switch()
      var proxy = BigQueryProxy()
      proxy.intercept = { request, answer in
        // BigQuery's words quote what is in a row.
        guard refusing.isOn, request.target.hasSuffix("/insertAll") else { return answer }
        let rows = request.text.matches(of: /"insertId":/).count
        let errors = (0..<rows).map {
          #"{"index":\#($0),"errors":[{"reason":"invalid","location":"student_id","#
            + #""message":"bad value \#(Self.student)","debugInfo":"\#(Self.mark)"}]}"#
        }
        return .json(200, #"{"kind":"x","insertErrors":[\#(errors.joined(separator: ","))]}"#)
      }
      let firestore: FaultServer.Script = { _ in
        .json(
          403,
          #"{"error":{"code":403,"status":"PERMISSION_DENIED","#
            + #""message":"no access to users/\#(Self.student)/sessions/\#(Self.mark)"}}"#)
      }
      let rewriting = proxy
      try await withMirrorEmulator { emulator in
        try await withBigQueryProxy(to: emulator.url, rewriting) { bigQuery in
          try await withFaultServer(otherwise: firestore) { firestore in
            try await withDeployment { deployment in
              try await Self.search(
                deployment,
                [
                  "BQ_SYNC_ENABLED": "true", "BQ_SYNC_PROJECT_ID": "test",
                  "BQ_SYNC_DATASET_ID": "warehouse", "BQ_SYNC_INTERVAL_SECONDS": "1",
                  "BQ_SYNC_MAX_ATTEMPTS": "2", "BIGQUERY_EMULATOR_HOST": bigQuery.url,
                  "FIRESTORE_EMULATOR_HOST": "127.0.0.1:\(firestore.port)",
                  "PROGRESSBUS_FIRESTORE_PROJECT": "demo",
                ], refusing)
            }
          }
        }
      }
    }

    private static func search(
      _ deployment: Deployment, _ google: [String: String], _ refusing: Switch
    ) async throws {
      try await addRedisUser(deployment)
      let secretPath = "\(deployment.folder)/jwt-secret"
      try secret.write(toFile: secretPath, atomically: true, encoding: .utf8)
      let environment = deployment.environment.merging(google) { $1 }.merging([
        "REDIS_URL": deployment.redis.url.replacing(
          "redis://", with: "redis://school:\(mark)-redis@"),
        "INFLUXDB_USERNAME": "school", "INFLUXDB_PASSWORD": "\(mark)-influx",
        "PSEUDONYMIZATION_SALT": "\(mark)-salt",
        "BQ_SYNC_ALERT_WEBHOOK_URL": "http://127.0.0.1:1/\(mark)-webhook",
        "BQ_SYNC_FAILED_ALERT": "0", "PROGRESSBUS_JWT_SECRET_FILE": secretPath,
        "PROGRESSBUS_INGEST_KEEP_WORK": "true", "PROGRESSBUS_INGEST_BODY_BYTES": "1048576",
      ]) { $1 }
      func start(_ roles: String) async throws -> ProgressBusProcess {
        let port = try LoopbackPort.free()
        let process = try await ProgressBusProcess.start(
          ["serve", "--roles", roles, "--http-port", "\(port)"], environment: environment,
          folder: deployment.folder, label: roles.replacing(",", with: "-"), port: port)
        return process
      }
      let made = try await ProgressBusCommand.run(
        ["bigquery", "create-tables"], environment: environment, folder: deployment.folder)
      try #require(made.status == 0, "\(made)")
      let front = try await start("ingest,dashboard")
      let worker = try await start("worker,firestore-source")
      func issue(_ scope: String...) async throws -> String {
        let outcome = try await ProgressBusCommand.run(
          ["token", "issue", "--sub", student, "--course", "py101"]
            + scope.flatMap { ["--scope", $0] },
          environment: environment, folder: deployment.folder)
        try #require(outcome.status == 0, "\(outcome)")
        return outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)
      }
      let scene = Scene(
        deployment: deployment, front: front, environment: environment,
        learner: try await issue("ingest", "ingest:class"), operatorToken: try await issue("admin"))
      var seen: [Sight] = []
      do {
        try await front.waitUntilReady()
        seen += try await use(scene)
        seen += try await fail(scene, worker, refusing)
        seen += try await look(scene)
        for target in ["/metrics", "/health/ready", "/no/such/route"] {
          seen.append(
            try await scene.ask("GET", target, token: scene.operatorToken, of: worker))
        }
        seen += try lookAtProcesses([front, worker], scene)
      } catch {
        for process in [front, worker] {
          let log = (try? process.log)?.split(separator: "\n").suffix(12).joined(separator: "\n")
          Issue.record("\(process.logPath):\n\(log ?? "")")
        }
        for process in [front, worker] { await process.process.stop() }
        throw error
      }
      for process in [front, worker] {
        _ = await process.stop()
        seen += try process.log.split(separator: "\n").map {
          Sight(place: process.logPath, text: String($0))
        }
      }
      #expect(seen.count > 150)
      let secrets =
        [scene.learner, scene.operatorToken].flatMap { $0.split(separator: ".").dropFirst() }
        .map { $0.lowercased() } + [deployment.postgres.server.databasePassword.lowercased()]
      for sight in seen {
        let text = sight.text.lowercased()
        for found in [mark] + addresses + secrets where text.contains(found) {
          Issue.record("\(found) in \(sight.place): \(sight.text.prefix(600))")
        }
      }
    }

    /// An account of its own, whose password is in `REDIS_URL`. Redis forgets it when it restarts.
    private static func addRedisUser(_ deployment: Deployment) async throws {
      try await RedisCommands.send(
        ["ACL", "SETUSER", "school", "on", .string(">\(mark)-redis"), "~*", "&*", "+@all"],
        to: deployment.redis)
    }

    /// What comes in on an ordinary day, and what should not.
    private static func use(_ scene: Scene) async throws -> [Sight] {
      var seen: [Sight] = []
      for event in [cell] + others {
        let taken = try await scene.ask(
          "POST", "/student-progress", token: scene.learner, body: event)
        #expect(taken.place.contains(" 202"), "\(taken)")
      }
      try await eventually(within: .seconds(60), "all is stored") {
        let emotions = try await scene.deployment.count("emotion_analysis")
        let cells = try await scene.deployment.count("progress_events")
        let checks = try await scene.deployment.count("exercise_checks")
        return emotions == 1 && cells == 1 && checks == 1
      }
      for body in malformed {
        for body in [body, "[\(cell),\(body)]"] {
          seen.append(
            try await scene.ask("POST", "/api/v1/events", token: scene.learner, body: body))
        }
      }
      let large = "[\"\(String(repeating: mark, count: 200_000))\"]"
      seen.append(
        try await scene.ask("POST", "/student-progress", token: scene.learner, body: large))
      for field in [
        "Content-Type: \(mark)/x", "Content-Encoding: \(mark)", "Content-Encoding: gzip",
        "Origin: http://\(mark).example", "Host: \(mark).example", "Date: \(mark)",
        "Transfer-Encoding: \(mark)", "X-\(mark): \(String(repeating: mark, count: 3000))",
      ] {
        seen.append(
          try await scene.ask(
            "POST", "/student-progress", token: scene.learner, fields: [field], body: cell))
      }
      seen += try await knock(scene)
      for message in malformed + ["{\"student_id\":\"\(student)\"}"] {
        try await RedisCommands.send(
          ["PUBLISH", "progress-events", .string(message)], to: scene.deployment.redis)
      }
      return seen
    }

    /// Tokens that are not good or not enough, and targets that are not there.
    private static func knock(_ scene: Scene) async throws -> [Sight] {
      var seen: [Sight] = []
      let forged = scene.learner.dropLast(3) + "AAA"
      for token in [String(forged), "\(mark).\(mark).\(mark)", scene.learner, mark] {
        for target in ["/api/v1/bus", "/api/v1/users/s/stats", "/api/v1/courses", "/metrics"] {
          seen.append(try await scene.ask("GET", target, token: token))
        }
        seen.append(try await scene.ask("POST", "/student-progress", token: token, body: mark))
      }
      for field in [
        "Authorization: Basic \(mark)", "Cookie: progressbus_token=\(mark)",
        "Cookie: progressbus_token=\(scene.operatorToken); progressbus_token=\(mark)",
      ] {
        seen.append(try await scene.ask("GET", "/api/v1/bus", fields: [field]))
      }
      for target in [
        "/no/such/\(mark)", "/\(mark).html", "/api/v1/courses/\(mark)/progress?limit=\(mark)",
        "/api/v1/students/\(student)?course_id=\(mark)", "/api/v1/users/\(student)/stats",
        "/api/v1/users/\(student)/sessions", "/api/v1/users/\(student)/sessions/\(mark)",
        "/ws/dashboard?course_id=\(mark)&after=\(mark)",
        "/api/v1/bus?token=\(scene.learner)&\(mark)",
        "/api/v1/dead-letters?cursor=\(mark)", "/api/v1/dead-letters/\(mark)", "/%ff\(mark)",
      ] {
        for token in [nil, scene.learner, scene.operatorToken] {
          seen.append(try await scene.ask("GET", target, token: token))
        }
      }
      for target in ["/api/v1/dead-letters/replay", "/api/v1/dead-letters/purge"] {
        seen.append(
          try await scene.ask(
            "POST", target, token: scene.operatorToken, body: #"{"sink":"\#(mark)"}"#))
      }
      return seen
    }

    /// Stores that refuse, fail, and come back.
    private static func fail(
      _ scene: Scene, _ worker: ProgressBusProcess, _ refusing: Switch
    ) async throws -> [Sight] {
      let deployment = scene.deployment
      var seen: [Sight] = []
      func send(_ body: String) async throws -> Sight {
        try await scene.ask("POST", "/student-progress", token: scene.learner, body: body)
      }
      // PostgreSQL's words quote the whole row.
      _ = try await deployment.sql(
        "alter table progress_events add constraint none_more check (cell_id <> '\(mark)-refused')")
      let refused = cell("-cell", "-refused")
      for _ in 0..<5 { _ = try await send(refused) }
      try await eventually(within: .seconds(60), "dead letters") {
        try await deployment.deadLetters("--sink", "postgres").count >= 5
      }
      try await eventually(within: .seconds(90), "BigQuery has refused rows") {
        try await deployment.count("bq_sync_failures") > 0
      }
      refusing.turnOff()
      func waitForLog(_ text: String) async throws {
        try await eventually(within: .seconds(60), text) { try worker.log.contains(text) }
      }
      await deployment.influx.kill()
      _ = try await send(cell)
      try await waitForLog("sink influxdb is unavailable")
      await deployment.postgres.kill()
      _ = try await send(cell)
      try await waitForLog("sink postgres is unavailable")
      for target in ["/api/v1/courses", "/api/bq-sync/status", "/health/ready"] {
        seen.append(try await scene.ask("GET", target, token: scene.operatorToken))
      }
      for arguments in [["bigquery", "retry"], ["dead-letters", "purge", "--all"]] {
        seen.append(try await scene.command(arguments))
      }
      try await deployment.postgres.start()
      try await deployment.influx.start()
      await deployment.redis.stop()
      seen.append(try await send(cell))
      try await deployment.redis.start()
      // The account is not there now, so Redis refuses the password.
      seen.append(try await send(cell))
      seen.append(try await scene.ask("GET", "/health/ready"))
      seen.append(try await scene.command(["dead-letters", "list"]))
      try await addRedisUser(deployment)
      try await eventually(within: .seconds(60), "events are taken again") {
        try await send(cell).place.contains(" 202")
      }
      seen += [
        try await scene.command(
          ["migrate"],
          environment: ["DATABASE_URL": "postgresql://school:\(mark)-wrong@127.0.0.1:1/school"]),
        try await scene.command(
          ["migrate"],
          environment: [
            "DATABASE_URL": deployment.postgres.url.replacing(
              deployment.postgres.server.databasePassword, with: "\(mark)-wrong")
          ]),
        try await scene.command(
          ["check-config"], environment: ["REDIS_URL": "redis://school:\(mark)-wrong@:x"]),
        try await scene.command(
          ["check-config"], environment: ["DATABASE_URL": "postgres:\(mark)-wrong"]),
        try await scene.command(
          ["check-config"], environment: ["PROGRESSBUS_JWT_SECRET": "\(mark)-short"]),
        try await scene.command(["token", "revoke", "--id", "0"]),
      ]
      return seen
    }

    /// All that is there to look at: in a browser, by Prometheus, by command.
    private static func look(_ scene: Scene) async throws -> [Sight] {
      var seen: [Sight] = []
      for target in [
        "/metrics", "/health/live", "/health/ready", "/api/v1/bus", "/api/v1/sinks",
        "/api/v1/dead-letters?limit=1000", "/api/v1/dead-letters/count", "/api/bq-sync/status",
        "/api/bq-sync/health", "/ops",
      ] {
        let sight = try await scene.ask("GET", target, token: scene.operatorToken)
        #expect(sight.place.contains(" 200") || target.contains("health"), "\(sight)")
        seen.append(sight)
      }
      // Whoever has `admin` may look into a letter. That the marks are found there says that the search finds them.
      let letter = try #require(try await scene.deployment.deadLetters("--sink", "postgres").first)
      let shown = try await scene.ask(
        "GET", "/api/v1/dead-letters/\(letter.id)", token: scene.operatorToken)
      #expect(shown.text.contains(mark))
      for arguments in [["bigquery", "status"], ["bigquery", "check"], ["dead-letters", "list"]] {
        seen.append(try await scene.command(arguments))
        seen.append(try await scene.command(arguments + ["--json"]))
      }
      let audit = try await scene.command(["audit", "--limit", "1000"])
      #expect(audit.text.contains("token.issue"))
      // Who has done something is the point of the audit log.
      seen.append(
        Sight(place: audit.place, text: audit.text.replacing("token:\(student)", with: "")))
      seen.append(try await scene.command(["check-config"]))
      return seen
    }

    /// What everybody on the machine can read of a process, and what its children were given.
    private static func lookAtProcesses(
      _ processes: [ProgressBusProcess], _ scene: Scene
    ) throws -> [Sight] {
      var seen: [Sight] = []
      for process in processes {
        for member in Family(of: process.identifier).members {
          seen.append(
            Sight(
              place: "/proc/\(member)/cmdline",
              text: try String(contentsOfFile: "/proc/\(member)/cmdline", encoding: .utf8)))
          guard member != process.identifier else { continue }
          seen.append(
            Sight(
              place: "/proc/\(member)/environ",
              text: try String(contentsOfFile: "/proc/\(member)/environ", encoding: .utf8)))
        }
      }
      return seen
    }
  }
}

extension PostgresServer {
  /// As its URL has it.
  fileprivate var databasePassword: String {
    URLComponents(string: url)?.password ?? ""
  }
}
