import CurlTransport
import Firestore
import Foundation
import GoogleCalls
import ProgressBusTesting
import Sessions
import SessionsTesting
import Testing

extension EndToEnd {
  /// `docs/session-migration.md`, its commands in their order.
  @Suite(.enabled(if: FirestoreEmulator.isInstalled, FirestoreEmulator.missing))
  struct SessionCommandTests {
    private static func documentedCommands() throws -> [[String]] {
      let text = try String(
        contentsOfFile: "\(ProjectFolder.path)/docs/session-migration.md", encoding: .utf8)
      return text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        .filter { $0.hasPrefix("progressbus sessions ") }
        .map { $0.split(separator: " ").dropFirst().map(String.init) }
    }

    @Test func everyDocumentedCommandWorks() async throws {
      let stub = AgentEngineStub()
      try await withFaultServer(remembersRequests: false, otherwise: stub.script) { engine in
        let emulator = try await SharedFirestore.shared.server()
        let project = await SharedFirestore.shared.nextProject()
        try await FirestoreSessions.fill(emulator, project: project)
        let environment = [
          "FIRESTORE_EMULATOR_HOST": emulator.host, "AGENT_ENGINE_ENDPOINT": engine.url,
          "GOOGLE_CLOUD_PROJECT": project, "PROGRESSBUS_SESSIONS_LAYOUT": "adk",
          "PROGRESSBUS_SESSIONS_APP": "coach", "AGENT_ENGINE_ID": "42",
          "AGENT_ENGINE_RESOURCE_NAME": AgentEngineStub.resourceName,
          "MIGRATION_PERCENTAGE": "64",
        ]
        try await withTemporaryFolder { folder in
          var outputs: [String] = []
          for command in try Self.documentedCommands() {
            let isWriting = command.contains("migrate") && !command.contains("--dry-run")
            let outcome = try await ProgressBusCommand.run(
              command + (isWriting ? ["--rate", "session=0,append=0"] : []),
              environment: environment, folder: folder, withinSeconds: 300)
            #expect(outcome.status == 0, "\(command): \(outcome)")
            outputs.append(outcome.output)
          }
          #expect(outputs.count == 10)
          #expect(outputs[0].hasPrefix("agent-engine: place 63 of 100 is below"))
          #expect(outputs[1].contains("would move 6 sessions with 18 events"))
          #expect(outputs[2].hasPrefix("migrated 2,"))
          #expect(outputs[4].hasPrefix("migrated 4, updated 0, unchanged 2,"))
          #expect(outputs[5].hasPrefix("migrated 0, updated 0, unchanged 6,"))
          #expect(outputs[6].contains("**Equal.**"))
          #expect(outputs[7].hasPrefix("migrated 0, updated 0, unchanged 6,"))
          #expect(outputs[8].hasPrefix("migrated 0, updated 0, unchanged 6,"))
          #expect(stub.sessionCount == 6)
          let report = try String(contentsOfFile: "\(folder)/report.json", encoding: .utf8)
          #expect(report.contains(#""equal":true"#))
          // Exit code 1 on a difference.
          stub.remove("s-1")
          let different = try await ProgressBusCommand.run(
            ["sessions", "validate"], environment: environment, folder: folder)
          #expect(different.status == 1)
          #expect(different.output.contains("missing"))
          #expect(!different.output.contains("alice"))
        }
      }
    }

    @Test func tenPercentOfAHundredThousandUsersAreTheSameInEveryProcess() async throws {
      try await withTemporaryFolder { folder in
        let users = (0..<100_000).map { "user-\($0)\n" }.joined()
        try users.write(toFile: "\(folder)/users", atomically: false, encoding: .utf8)
        func moved(_ percentage: Int, _ input: String) async throws -> Set<Substring> {
          let program = try BuiltProducts.path(of: "progressbus")
          let outcome = try await ShellLine.run(
            "AGENT_ENGINE_ID=42 AGENT_ENGINE_RESOURCE_NAME='\(AgentEngineStub.resourceName)' "
              + "MIGRATION_PERCENTAGE=\(percentage) "
              + "'\(program)' sessions route --users-file \(input)")
          #expect(outcome.status == 0, "\(outcome.errors)")
          let lines = outcome.outputLines.map { $0.split(separator: "\t") }
          #expect(lines.map { $0[1] + "\n" }.joined() == users)
          return Set(lines.filter { $0[0] == "agent-engine" }.map { $0[1] })
        }
        let ten = try await moved(10, "'\(folder)/users'")
        #expect((9_500...10_500).contains(ten.count))
        #expect(ten.count == 9_893)
        #expect(try await moved(10, "- < '\(folder)/users'") == ten)
        let twentyFive = try await moved(25, "'\(folder)/users'")
        #expect((24_500...25_500).contains(twentyFive.count))
        #expect(ten.isSubset(of: twentyFive))
      }
    }

    @Test(arguments: [
      (["MIGRATION_PERCENTAGE": "101"], "MIGRATION_PERCENTAGE"),
      (["MIGRATION_PERCENTAGE": "ten"], "MIGRATION_PERCENTAGE"),
      (["FIRESTORE_EMULATOR_HOST": "http://127.0.0.1:8080"], "FIRESTORE_EMULATOR_HOST"),
      (["FIRESTORE_EMULATOR_HOST": "127.0.0.1"], "FIRESTORE_EMULATOR_HOST"),
      (["PROGRESSBUS_FIRESTORE_PROJECT": "a/b"], "PROGRESSBUS_FIRESTORE_PROJECT"),
      (["PROGRESSBUS_FIRESTORE_DATABASE": "a/b"], "PROGRESSBUS_FIRESTORE_DATABASE"),
      (["FIRESTORE_COMPLETION_FIELD": "a.b"], "FIRESTORE_COMPLETION_FIELD"),
      (
        ["AGENT_ENGINE_ID": "1", "AGENT_ENGINE_RESOURCE_NAME": "nonsense"],
        "AGENT_ENGINE_RESOURCE_NAME"
      ),
    ])
    func settingsThatMakeNoSenseStopTheStart(
      environment: [String: String], name: String
    ) async throws {
      try await withTemporaryFolder { folder in
        let outcome = try await ProgressBusCommand.run(
          ["check-config"], environment: environment, folder: folder)
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains(name))
      }
    }

    @Test func halfAnAgentEngineIsSaid() async throws {
      try await withTemporaryFolder { folder in
        let outcome = try await ProgressBusCommand.run(
          ["sessions", "route", "--user", "U"],
          environment: ["AGENT_ENGINE_ID": "1", "MIGRATION_PERCENTAGE": "100"], folder: folder)
        #expect(outcome.output.hasPrefix("firestore: "))
        #expect(outcome.errors.contains("AGENT_ENGINE_RESOURCE_NAME is not"))
      }
    }
  }
}

/// Sessions in the emulator, in ADK's layout: two of `alice@example.com`, one of whose ids Agent Engine cannot
/// hold, and four of others.
private enum FirestoreSessions {
  static func fill(_ emulator: FirestoreEmulator, project: String) async throws {
    let keys = [
      SessionKey(user: "alice@example.com", id: "s-0"),
      SessionKey(user: "alice@example.com", id: "20HGa8Zx0BqtWPkRvTmn"),
      SessionKey(user: "b", id: "s-1"), SessionKey(user: "b", id: "s-2"),
      SessionKey(user: "ü", id: "s-3"), SessionKey(user: "c d", id: "s-4"),
    ]
    let transport = CurlTransport()
    let store = FirestoreSessionStore(
      database: FirestoreDatabase(
        client: GoogleClient(baseURL: emulator.url, transport: transport, authorization: nil),
        project: project), layout: FirestoreLayout(.adk, app: "coach"))
    for key in keys {
      try await store.restore(
        SampleSessions.session(key, events: 3), scopes: [.app, .user], pacing: NoPacing())
    }
    await transport.shutdown()
  }
}
