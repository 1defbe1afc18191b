import Foundation
import ProgressBusTesting
import Sessions
import SessionsTesting
import Synchronization
import Testing

/// The program itself between a Firestore emulator and a stub of Agent Engine.
struct SessionMove: Sendable {
  let emulator: FirestoreEmulator
  let project: String
  let stub: AgentEngineStub
  let folder: String
  /// Of the stub.
  let url: String

  func environment(project: String? = nil) -> [String: String] {
    [
      "FIRESTORE_EMULATOR_HOST": emulator.host, "AGENT_ENGINE_ENDPOINT": url,
      "GOOGLE_CLOUD_PROJECT": project ?? self.project, "PROGRESSBUS_SESSIONS_LAYOUT": "adk",
      "PROGRESSBUS_SESSIONS_APP": MixedSessions.app, "AGENT_ENGINE_ID": "42",
      "AGENT_ENGINE_RESOURCE_NAME": AgentEngineStub.resourceName,
    ]
  }

  static let unlimited = ["--rate", "session=0,append=0"]

  /// `progressbus sessions …`, to its end.
  func run(_ arguments: [String], project: String? = nil) async throws -> CommandOutcome {
    try await ProgressBusCommand.run(
      ["sessions"] + arguments, environment: environment(project: project), folder: folder,
      withinSeconds: 3_600)
  }

  /// Moves everything, with new ids where they are needed.
  func migrate(_ arguments: [String] = []) async throws -> CommandOutcome {
    try await run(["migrate", "--map-ids"] + Self.unlimited + arguments)
  }

  /// Compares both sides.
  func validate(_ arguments: [String] = []) async throws -> (status: Int, report: SessionValue) {
    let outcome = try await run(["validate", "--json", "report.json"] + arguments)
    return (outcome.status, try SessionValue(json: Array(contents("report.json"))))
  }

  /// Both sides are the same.
  func expectEqualSides(sourceLocation: SourceLocation = #_sourceLocation) async throws {
    let outcome = try await run(["validate"])
    #expect(outcome.status == 0, "\(outcome)", sourceLocation: sourceLocation)
  }

  func contents(_ name: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
  }

  /// How often the log has each outcome.
  func logged(_ name: String = "session-migration.jsonl") throws -> [String: Int] {
    var counts: [String: Int] = [:]
    for line in try contents(name).split(separator: UInt8(ascii: "\n")) {
      counts[try SessionValue(json: line)["outcome"]?.text ?? "", default: 0] += 1
    }
    return counts
  }
}

/// Runs `body` with an emulator that has `sessions`, and an empty stub.
func withSessionMove(
  _ sessions: MixedSessions, stub: AgentEngineStub = AgentEngineStub(),
  _ body: @Sendable (SessionMove) async throws -> Void
) async throws {
  try await withFaultServer(remembersRequests: false, otherwise: stub.script) { engine in
    let emulator = try await SharedFirestore.shared.server()
    let project = await SharedFirestore.shared.nextProject()
    try await sessions.fill(emulator, project: project)
    try await withTemporaryFolder { folder in
      try await body(
        SessionMove(
          emulator: emulator, project: project, stub: stub, folder: folder, url: engine.url))
    }
  }
}

/// Lets so many new sessions be asked for, and then gives a fault for each request that it is asked about.
final class FaultAfterSessions: Sendable {
  private let state: Mutex<(asked: Int, limit: Int, hasFailed: Bool)>

  init(_ limit: Int) { state = Mutex((0, limit, false)) }

  /// Since the limit was raised.
  var hasFailed: Bool { state.withLock { $0.hasFailed } }

  /// Whether there have been more.
  func isOver(_ request: RecordedRequest) -> Bool {
    state.withLock { state in
      if request.target.contains("sessionId=") { state.asked += 1 }
      if state.asked > state.limit { state.hasFailed = true }
      return state.asked > state.limit
    }
  }

  func raise(by count: Int) { state.withLock { $0 = ($0.asked, $0.asked + count, false) } }
}
