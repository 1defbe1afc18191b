import CurlTransport
import Foundation
import HTTPTypes
import LocalStack
import PostgresDriver
import ProgressBusTesting
import SessionsTesting
import Testing

/// What administrators do, in the audit log of the running program.
@Suite(.tags(.servers)) struct AuditTests {
  private enum Kind: Equatable {
    /// An administrative act, under its name in the log.
    case act(String)
    case reads
    /// Sends or keeps learners' data, as programs do all day, or runs the program.
    case work
  }

  /// Every command. One that is not here fails a test, and so does an act that the log does not get to see.
  private static let commands: [String: Kind] = [
    "up": .work, "serve": .work,
    // What it applied, and when, is in `schema_migrations`; the audit log comes by it.
    "migrate": .work,
    "dead-letters list": .reads, "dead-letters show": .reads,
    "dead-letters replay": .act("dead-letters.replay"),
    "dead-letters purge": .act("dead-letters.purge"),
    "bigquery status": .reads, "bigquery check": .reads,
    "bigquery flush": .act("bigquery.flush"), "bigquery retry": .act("bigquery.retry"),
    "bigquery clear-failed": .act("bigquery.clear-failed"),
    "bigquery retention": .act("bigquery.retention"),
    "bigquery create-tables": .act("bigquery.create-tables"),
    "sessions route": .reads, "sessions migrate": .act("sessions.migrate"),
    "sessions validate": .reads,
    "token issue": .act("token.issue"), "token inspect": .reads,
    "token revoke": .act("token.revoke"),
    "export learner": .act("export"), "export xapi": .act("export.xapi"),
    "export grades": .act("export.grades"), "erase": .act("erase"),
    "outline upload": .act("outlines.upload"), "outline show": .reads,
    "outline delete": .act("outlines.delete"),
    "roster upload": .act("rosters.upload"), "roster show": .reads,
    "roster import-jupyterhub": .act("rosters.upload"),
    "roster delete": .act("rosters.delete"),
    "retention set": .act("retention.set"), "retention show": .reads,
    "retention remove": .act("retention.remove"),
    "audit": .reads, "schema": .reads, "check-config": .reads, "health": .reads, "help": .reads,
  ]

  /// Every route that may change something.
  private static let routes: [String: Kind] = [
    "POST /api/bq-sync/flush": .act("bigquery.flush"),
    "POST /api/bq-sync/retry": .act("bigquery.retry"),
    "DELETE /api/bq-sync/failed": .act("bigquery.clear-failed"),
    "POST /api/bq-sync/retention": .act("bigquery.retention"),
    "POST /api/v1/dead-letters/replay": .act("dead-letters.replay"),
    "POST /api/v1/dead-letters/purge": .act("dead-letters.purge"),
    "POST /api/v1/dead-letters/{id}/replay": .act("dead-letters.replay"),
    "DELETE /api/v1/dead-letters/{id}": .act("dead-letters.purge"),
    "DELETE /api/v1/users/{user}/sessions/{id}": .act("sessions.delete"),
    "POST /api/v1/courses/{course}/messages": .act("messages.send"),
    "POST /api/v1/courses/{course}/hands/{student}/take": .act("hands.take"),
    "POST /api/v1/courses/{course}/joining-code": .act("joining-code.make"),
    "DELETE /api/v1/courses/{course}/joining-code": .act("joining-code.end"),
    // Notes a token, and here nobody is asked for one.
    "POST /api/v1/join": .work,
    "PUT /api/v1/courses/{course}/outline": .act("outlines.upload"),
    "DELETE /api/v1/courses/{course}/outline": .act("outlines.delete"),
    "PUT /api/v1/courses/{course}/roster": .act("rosters.upload"),
    "DELETE /api/v1/courses/{course}/roster": .act("rosters.delete"),
    "PUT /api/v1/courses/{course}/retention": .act("retention.set"),
    "DELETE /api/v1/courses/{course}/retention": .act("retention.remove"),
    "POST /api/v1/users/{user}/sessions": .work,
    "POST /api/v1/users/{user}/sessions/{id}/events": .work,
    "POST /student-progress": .work, "POST /api/v1/events": .work, "POST /pioneer": .work,
    "POST /pioneer/{year}/{month}/{day}/{hour}": .work,
    "POST /send/exec/code": .work, "POST /send/exec/markdown": .work,
    "POST /send/clickevent/notebook": .work, "POST /send/clickevent/cell": .work,
    "POST /send/alter": .work, "POST /send/pending_update_interaction": .work,
    "POST /xapi/statements": .work, "PUT /xapi/statements": .work,
    "POST /xapi/{course}/statements": .work, "PUT /xapi/{course}/statements": .work,
    "POST /events/firestore": .work, "POST /sign-in": .work, "POST /sign-out": .work,
  ]

  @Test func everyCommandAndRouteSaysWhetherItIsAnAct() async throws {
    struct Command: Decodable {
      var commandName: String
      var subcommands: [Command]?

      func leaves(_ path: [String]) -> [String] {
        guard let subcommands, !subcommands.isEmpty else { return [path.joined(separator: " ")] }
        return subcommands.flatMap { $0.leaves(path + [$0.commandName]) }
      }
    }
    struct Dump: Decodable { var command: Command }
    try await withTemporaryFolder { folder in
      let dump = try await ProgressBusCommand.run(["--experimental-dump-help"], folder: folder)
      let root = try JSONDecoder().decode(Dump.self, from: Data(dump.output.utf8)).command
      #expect(Set(root.leaves([])) == Set(Self.commands.keys))
    }
    let changing = try DescribedRoutes.all().filter { !$0.hasPrefix("GET ") }
    #expect(changing == Set(Self.routes.keys))
  }

  @Test func everyActOfCommandsAndRoutesIsNotedOrRefused() async throws {
    let script: FaultServer.Script = { request in
      if request.target.contains("documents") {
        // Firestore: the account may not.
        return .json(403, #"{"error":{"code":403,"message":"no","status":"PERMISSION_DENIED"}}"#)
      }
      return .json(
        200, #"{"jobComplete":true,"numDmlAffectedRows":"0","rows":[{"f":[{"v":"0"}]}]}"#)
    }
    try await withFaultServer(otherwise: script) { google in
      let sessions = [
        "FIRESTORE_EMULATOR_HOST": google.url.replacing("http://", with: ""),
        "PROGRESSBUS_FIRESTORE_PROJECT": "demo", "AGENT_ENGINE_ID": "42",
        "AGENT_ENGINE_RESOURCE_NAME": AgentEngineStub.resourceName,
      ]
      try await withMirrorDeployment(
        bigQueryURL: google.url,
        ["BQ_SYNC_ENABLED": "false"].merging(sessions) { $1 }
      ) { deployment in
        try await withServer(deployment.server(roles: "dashboard")) { process in
          let server = process.server
          func ask(
            _ method: HTTPRequest.Method, _ path: String, _ body: String = #"{"all":true}"#,
            type: String = "application/json"
          ) async throws -> Int {
            let request = TransportRequest(
              method, server.url + path, headers: [.contentType: type],
              body: Array(body.utf8))
            let response = try await deployment.transport.send(request)
            return response.status
          }
          #expect(try await ask(.post, "/api/v1/dead-letters/purge") == 200)
          #expect(try await ask(.post, "/api/v1/dead-letters/replay") == 200)
          #expect(try await ask(.post, "/api/bq-sync/retry") == 200)
          #expect(try await ask(.delete, "/api/bq-sync/failed") == 200)
          #expect(try await ask(.post, "/api/bq-sync/flush") == 409)
          #expect(try await ask(.post, "/api/bq-sync/retention") < 500)
          #expect(try await ask(.delete, "/api/v1/users/zora/sessions/s") >= 400)
          try await deployment.pool.query(
            """
            insert into enrollments (
              course_id, student_id, first_seen_at, last_seen_at, executions, errors, help_asked_at)
            values ('c', 'zora', now(), now(), 0, 0, now())
            """)
          let message = #"{"to":"learner","student_id":"zora","text":"zora!","teacher":"zora"}"#
          #expect(try await ask(.post, "/api/v1/courses/c/messages", message) == 202)
          #expect(try await ask(.post, "/api/v1/courses/c/hands/zora/take", message) == 202)
          #expect(try await ask(.post, "/api/v1/courses/c/joining-code", "{}") == 201)
          #expect(try await ask(.delete, "/api/v1/courses/c/joining-code") == 204)
          let outline = "/api/v1/courses/zora/outline?notebook=zora.ipynb"
          #expect(try await ask(.put, outline, EndToEnd.OutlineTests.notebook) == 200)
          #expect(try await ask(.delete, outline) == 200)
          let roster = "/api/v1/courses/zora/roster"
          let learners = EndToEnd.RosterTests.list
          #expect(try await ask(.put, roster, learners, type: "text/csv") == 200)
          #expect(try await ask(.delete, roster) == 200)
          let list = "\(deployment.folder)/zora.csv"
          try learners.write(toFile: list, atomically: true, encoding: .utf8)
          let retention = "/api/v1/courses/zora/retention"
          #expect(try await ask(.put, retention, #"{"days":30}"#) == 200)
          #expect(try await ask(.delete, retention) == 200)
          let notebook = "\(deployment.folder)/zora.ipynb"
          try EndToEnd.OutlineTests.notebook.write(
            toFile: notebook, atomically: true, encoding: .utf8)
          for arguments in [
            ["outline", "upload", notebook, "--course", "zora"],
            ["outline", "delete", "--course", "zora", "--notebook", "zora.ipynb"],
            ["roster", "upload", list, "--course", "zora"],
            ["roster", "delete", "--course", "zora"],
            ["retention", "set", "--course", "zora", "--days", "30"],
            ["retention", "remove", "--course", "zora"],
            ["dead-letters", "purge", "--all"], ["dead-letters", "replay", "--all"],
            ["bigquery", "retry"], ["bigquery", "clear-failed"],
            ["token", "revoke", "--id", "stolen"], ["erase", "--student", "zora", "--yes"],
          ] {
            let outcome = try await deployment.run(arguments)
            #expect(outcome.status == 0, "\(arguments): \(outcome.output)")
          }
          let secret = ["PROGRESSBUS_JWT_SECRET": TestTokens.secret]
          let issued = try await deployment.run(
            "token", "issue", "--scope", "ingest", "--sub", "zora", environment: secret)
          #expect(issued.status == 0, "\(issued.output)")
          // Whether they get far does not matter here.
          for arguments in [
            ["bigquery", "flush"], ["bigquery", "retention"], ["bigquery", "create-tables"],
            ["sessions", "migrate"], ["export", "--student", "zora"],
            ["export", "xapi", "--course", "zora", "--set", "xapi.home_page=https://zora.example"],
            ["export", "grades", "--course", "zora"],
            ["erase", "--student", "zora", "--lift"],
          ] { _ = try await deployment.run(arguments) }

          let forged = "x\n2026-03-01T10:00:00.000Z  user:alice  erase  learner 0123\u{1B}[2J"
          let revoked = try await deployment.run(["token", "revoke", "--id", forged])
          #expect(revoked.status == 0, "\(revoked)")
          let newest = try await deployment.run(["audit", "--limit", "1"])
          #expect(
            newest.output.split(separator: "\n").count == 1 && newest.output.contains(#"\n2026"#))
          #expect(!newest.output.contains("\u{1B}"))

          let listed = try await deployment.run("audit", "--limit", "1000", "--json")
          let lines = listed.output.split(separator: "\n")
          for (actor, action, outcome) in [
            ("anonymous", "dead-letters.purge", "done"),
            ("anonymous", "dead-letters.replay", "done"), ("anonymous", "bigquery.retry", "done"),
            ("anonymous", "bigquery.clear-failed", "done"),
            ("anonymous", "bigquery.flush", "failed"), ("user:", "dead-letters.purge", "done"),
            ("anonymous", "sessions.delete", "failed"), ("user:", "dead-letters.replay", "done"),
            ("user:", "bigquery.retry", "done"), ("user:", "bigquery.clear-failed", "done"),
            ("user:", "token.issue", "done"), ("user:", "token.revoke", "done"),
          ] {
            #expect(
              lines.contains {
                $0.contains(#""actor":"\#(actor)"#) && $0.contains(#""action":"\#(action)""#)
                  && $0.contains(#""outcome":"\#(outcome)""#)
              }, "\(actor) \(action): \(listed.output)")
          }
          for (table, actor) in [(Self.commands, "user:"), (Self.routes, "anonymous")] {
            for case .act(let action) in table.values {
              #expect(
                lines.contains {
                  $0.contains(#""actor":"\#(actor)"#) && $0.contains(#""action":"\#(action)""#)
                }, "\(actor) \(action): \(listed.output)")
            }
          }
          #expect(lines.contains { $0.contains(#""target":"stolen""#) })
          #expect(!listed.output.contains("zora"), "whose it is, is in no row")

          try await deployment.pool.query("drop table audit_log")
          #expect(try await ask(.post, "/api/bq-sync/retry") == 503)
          let refused = try await deployment.run("bigquery", "retry")
          #expect(refused.status != 0)
          #expect(refused.output.contains("nothing was done"), "\(refused.output)")
          // A stolen token does not wait until the log can be written again.
          for arguments in [
            ["token", "revoke", "--id", "another"], ["token", "issue", "--scope", "admin"],
          ] {
            let urgent = try await deployment.run(arguments, environment: secret)
            #expect(urgent.status == 0)
            #expect(urgent.output.contains("in no audit log"), "\(urgent.output)")
          }
        }
      }
    }
  }
}
