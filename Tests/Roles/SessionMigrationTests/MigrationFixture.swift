import AgentEngine
import Concurrency
import CurlTransport
import Foundation
import GoogleCalls
import ProgressBusTesting
import SessionMigration
import Sessions
import SessionsTesting

/// A source in memory and a stub of Agent Engine for a target.
struct MigrationFixture {
  typealias Fault = @Sendable (RecordedRequest, Int) -> AgentEngineStub.Fault?

  let source: MemorySessionStore
  let stub: AgentEngineStub
  let target: AgentEngineSessionStore
  let folder: String
  /// Of the stub.
  let url: String

  var options: MigrationOptions {
    var options = MigrationOptions(logPath: "\(folder)/migration.jsonl")
    options.concurrency = 8
    options.writesPerMinute = [:]
    options.slowDownWait = .milliseconds(2)
    options.retryDelay = .milliseconds(1)
    return options
  }

  func migrate(
    _ change: (inout MigrationOptions) -> Void = { _ in }
  ) async throws -> MigrationResult {
    var options = options
    change(&options)
    return try await SessionMigration(source: source, target: target, options: options).run()
  }

  func validate(
    _ change: (inout MigrationOptions) -> Void = { _ in }
  ) async throws -> ValidationReport {
    var options = options
    change(&options)
    return try await SessionValidation(source: source, target: target, options: options).run()
  }

  /// Sessions `s-0`, `s-1`, … of five users, with all scopes and events of one time.
  func fill(_ count: Int, events: Int = 4) async throws {
    for number in 0..<count {
      var session = SampleSessions.session(
        SessionKey(user: "user \(number % 5) ü", id: "s-\(number)"), events: events)
      session.state.user = ["number": .integer(Int64(number % 5))]
      try await source.restore(session, scopes: [.app, .user], pacing: NoPacing())
    }
  }

  /// The lines of the log with one outcome.
  func logged(_ outcome: String) throws -> [SessionValue] {
    let text = try String(contentsOfFile: options.logPath, encoding: .utf8)
    return try text.split(separator: "\n").map { try SessionValue(json: $0.utf8) }
      .filter { $0["outcome"] == .string(outcome) }
  }
}

func withMigration<Value: Sendable>(
  source: MemorySessionStore = MemorySessionStore(name: "firestore", pageSize: 50),
  remembersExchanges: Bool = false,
  fault: @escaping MigrationFixture.Fault = { _, _ in nil },
  _ body: @Sendable (MigrationFixture) async throws -> Value
) async throws -> Value {
  let stub = AgentEngineStub(remembersExchanges: remembersExchanges, fault: fault)
  return try await withTemporaryFolder { folder in
    let server = try await FaultServer.start(remembersRequests: false, otherwise: stub.script)
    let transport = CurlTransport(CurlConfiguration(connectionsPerHost: 16))
    let quick = Backoff(first: .milliseconds(1), longest: .milliseconds(5))
    let configuration = try AgentEngineConfiguration(
      id: "42", resourceName: AgentEngineStub.resourceName, endpoint: server.url)
    let target = AgentEngineSessionStore(
      client: GoogleClient(
        baseURL: configuration.baseURL, transport: transport, authorization: nil,
        quotaTries: GoogleClient.patientQuotaTries, backoff: quick),
      configuration: configuration, retryDelay: quick)
    do {
      let value = try await body(
        MigrationFixture(
          source: source, stub: stub, target: target, folder: folder, url: server.url))
      await transport.shutdown()
      await server.stop()
      return value
    } catch {
      await transport.shutdown()
      await server.stop()
      throw error
    }
  }
}
