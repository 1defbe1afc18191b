import CurlTransport
import Foundation
import HTTPTypes
import ProgressBusTesting
import Sessions
import SessionsTesting
import Synchronization
import Testing

extension EndToEnd {
  /// Users who go on with their sessions over HTTP while these are moved, while the users are switched to
  /// Agent Engine by a rolling restart, and while they are switched back.
  @Suite(.enabled(if: FirestoreEmulator.isInstalled, FirestoreEmulator.missing))
  struct SessionSwitchTests {
    @Test func nothingIsLostWhileUsersAreSwitchedThereAndBack() async throws {
      let stub = AgentEngineStub()
      try await withFaultServer(remembersRequests: false, otherwise: stub.script) { engine in
        let emulator = try await SharedFirestore.shared.server()
        let project = await SharedFirestore.shared.nextProject()
        let settings = [
          "firestore.emulator_host": emulator.host, "agent_engine.endpoint": engine.url,
          "firestore.project": project, "sessions.layout": "adk", "sessions.app": "coach",
          "agent_engine.id": "42", "agent_engine.resource_name": AgentEngineStub.resourceName,
        ]
        try await withDeployment { deployment in
          let operations = SessionOperations(deployment: deployment, settings: settings)
          let before = try await operations.serve(percentage: 0)
          let users = (0..<4).map { LiveUser(name: "user-\($0) ü", server: before.url) }
          for user in users { try await user.begin() }

          try await whileTheyWrite(users) {
            try await operations.migrate(onward: true)
            // A rolling restart: for a while both settings are in use.
            let after = try await operations.serve(percentage: 100)
            for user in users {
              user.move(to: after.url)
              try await user.writeMore()
            }
            _ = await before.stop()
            try await operations.migrate(onward: true)
            for user in users { try await user.writeMore() }
          }
          try await operations.migrateUntilNothingIsLeft(onward: true)
          for user in users { try await user.expectEverything() }
          #expect(stub.sessionCount == users.map(\.sessionCount).reduce(0, +))

          let away = try #require(deployment.processes.last)
          let clock = ContinuousClock()
          let start = clock.now
          for user in users { user.staysWithItsFirstSessions() }
          try await whileTheyWrite(users) {
            let back = try await operations.serve(percentage: 0)
            for user in users {
              user.move(to: back.url)
              try await user.writeMore()
            }
            _ = await away.stop()
            print("back in Firestore after \(clock.now - start)")
            try await operations.migrate(onward: false)
          }
          try await operations.migrateUntilNothingIsLeft(onward: false)
          let duration = clock.now - start
          print("everything is back in Firestore after \(duration)")
          #expect(duration < .seconds(300))
          for user in users { try await user.expectEverything() }
        }
      }
    }

    /// Runs `body` while all users write, and waits for their last answers.
    private func whileTheyWrite(
      _ users: [LiveUser], _ body: () async throws -> Void
    ) async throws {
      try await withThrowingTaskGroup(of: Void.self) { group in
        for user in users {
          user.start()
          group.addTask { try await user.writeUntilStopped() }
        }
        let result: Result<Void, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        for user in users { user.stop() }
        try await group.waitForAll()
        try result.get()
      }
    }
  }
}

/// What somebody on call does, by `docs/session-migration.md`.
private struct SessionOperations {
  let deployment: Deployment
  let settings: [String: String]

  func serve(percentage: Int) async throws -> ProgressBusProcess {
    try await deployment.serve(
      "dashboard",
      settings: settings.map { "\($0.key)=\($0.value)" } + ["migration.percentage=\(percentage)"])
  }

  /// - Parameter onward: to Agent Engine, or back.
  /// - Returns: its last line.
  @discardableResult
  func migrate(onward: Bool) async throws -> String {
    var command = ["sessions", "migrate", "--rate", "session=0,append=0", "--concurrency", "4"]
    command += onward ? ["--map-ids"] : ["--from", "agent-engine", "--to", "firestore"]
    command += settings.flatMap { ["--set", "\($0.key)=\($0.value)"] }
    let outcome = try await ProgressBusCommand.run(
      command, folder: deployment.folder, withinSeconds: 120)
    try #require(outcome.status == 0, "\(outcome)")
    return outcome.output
  }

  func migrateUntilNothingIsLeft(onward: Bool) async throws {
    for _ in 0..<5 {
      if try await migrate(onward: onward).hasPrefix("migrated 0, updated 0") { return }
    }
    Issue.record("there is always something left to move")
  }
}

/// A user who writes to several sessions in turn, one event after the other, and remembers what was answered
/// with success.
private final class LiveUser: Sendable {
  private struct State {
    var server: String
    var sessions: [String] = []
    /// By session, in order.
    var answered: [String: [String]] = [:]
    var count = 0
    /// Whether sessions are still begun.
    var beginsSessions = true
    var isStopped = false
  }

  private let folder: String
  private let name: String
  private let state: Mutex<State>

  init(name: String, server: String) {
    self.name = name
    folder = "/api/v1/users/\(QueryString.percentEncode(name))/sessions"
    state = Mutex(State(server: server))
  }

  var sessionCount: Int { state.withLock { $0.sessions.count } }

  func move(to server: String) { state.withLock { $0.server = server } }

  /// Sessions that were begun in Agent Engine are not found in Firestore until they are brought back.
  func staysWithItsFirstSessions() { state.withLock { $0.beginsSessions = false } }

  /// One id that Agent Engine can hold, and one that it cannot.
  func begin() async throws {
    let place = name.utf8.reduce(0) { $0 + Int($1) }
    for id in ["s-\(place)", "\(place)GHa8Zx0BqtWPkRvTmn"] { try await create(id) }
  }

  private func create(_ id: String?) async throws {
    let answer = try await send(
      .post, "", id.map { #"{"id":"\#($0)","state":{"n":0}}"# } ?? #"{"state":{"n":0}}"#)
    try #require(answer.status == 201, "\(answer.status) \(answer.text)")
    let made = try #require(try SessionValue(json: answer.body)["id"]?.text)
    state.withLock { state in
      state.sessions.append(made)
      state.answered[made] = []
    }
  }

  func start() { state.withLock { $0.isStopped = false } }

  func writeUntilStopped() async throws {
    while !state.withLock({ $0.isStopped }) { try await writeOnce() }
  }

  func stop() { state.withLock { $0.isStopped = true } }

  /// Several writes, made beside those of `writeOnce`.
  func writeMore() async throws {
    let reached = state.withLock { $0.count } + 6
    try await eventually(within: .seconds(60), "more writes") {
      self.state.withLock { $0.count } >= reached
    }
  }

  /// Appends an event and looks at the session; now and then it begins another one.
  private func writeOnce() async throws {
    let (number, session, begins) = state.withLock { state in
      state.count += 1
      let sessions = state.beginsSessions ? state.sessions : Array(state.sessions.prefix(2))
      return (
        state.count, sessions[state.count % sessions.count],
        state.beginsSessions && state.count % 9 == 0 && state.sessions.count < 6
      )
    }
    let id = "e-\(number)"
    let answer = try await send(
      .post, "/\(session)/events",
      #"{"id":"\#(id)","author":"user","invocationId":"i","actions":{"stateDelta":{"n":\#(number),"k\#(number % 5)":\#(number)}}}"#
    )
    try #require(answer.status == 201, "\(answer.status) \(answer.text)")
    state.withLock { $0.answered[session]?.append(id) }
    let read = try await send(.get, "/\(session)?recent=3")
    #expect(read.status == 200, "\(read.text)")
    let list = try await send(.get, "")
    #expect(list.status == 200 && list.text.contains(session), "\(list.text)")
    if begins { try await create(nil) }
  }

  /// Every event that was answered is there once, in its order, and the state is what they lead to.
  func expectEverything() async throws {
    for (session, answered) in state.withLock({ $0.answered }) {
      let answer = try await send(.get, "/\(session)")
      #expect(answer.status == 200, "\(answer.text)")
      let found = try SessionValue(json: answer.body)
      let ids = (found["events"]?.elements ?? []).compactMap { $0["id"]?.text }
      #expect(ids == answered, "session \(session) of \(name)")
      var state: [String: SessionValue] = ["n": .integer(0)]
      for id in answered {
        let number = Int64(id.dropFirst(2))!
        state["n"] = .integer(number)
        state["k\(number % 5)"] = .integer(number)
      }
      #expect(found["state"]?.members == state, "session \(session) of \(name)")
    }
    let list = try SessionValue(json: try await send(.get, "").body)
    let listed = (list["sessions"]?.elements ?? []).compactMap { $0["id"]?.text }
    #expect(listed.sorted() == state.withLock { $0.sessions }.sorted())
  }

  private func send(
    _ method: HTTPRequest.Method, _ path: String, _ body: String = ""
  ) async throws -> TransportResponse {
    let server = state.withLock { $0.server }
    return try await HTTP.shared.transport.send(
      TransportRequest(
        method, server + folder + path,
        headers: body.isEmpty ? [:] : [.contentType: "application/json"], body: Array(body.utf8)))
  }
}
