import Foundation
import HTTPServer
import HTTPServerTesting
import Hummingbird
import SessionRoutes
import Sessions
import SessionsTesting
import Testing

@Suite(.timeLimit(.minutes(2))) struct SessionRoutesTests {
  private static let json = [("Content-Type", "application/json")]

  private func withSessions(
    percentage: String = "53",
    _ body:
      @escaping @Sendable (
        RouterClient, _ firestore: MemorySessionStore, _ agentEngine: MemorySessionStore
      ) async throws -> Void
  ) async throws {
    let firestore = MemorySessionStore(name: "firestore")
    let agentEngine = MemorySessionStore(name: "agent-engine")
    let routing = try SessionRouting(
      agentEngineID: "42", agentEngineResourceName: "p/42", migratedUsers: nil,
      percentage: percentage)
    let router = Router()
    router.add(middleware: ProblemMiddleware())
    SessionRoutes(
      sessions: SessionRouter(routing: routing, firestore: firestore, agentEngine: agentEngine)
    ).add(to: router)
    try await withRouter(router) { client in try await body(client, firestore, agentEngine) }
  }

  @Test func aSessionIsMadeContinuedReadAndDeleted() async throws {
    try await withSessions { client, firestore, agentEngine in
      // The place of U is 52, of user-1 94.
      for (user, store) in [("U", agentEngine), ("user-1", firestore)] {
        let folder = "/api/v1/users/\(user)/sessions"
        let made = try await client.send(
          "POST", folder, Self.json, body: #"{"id":"s-1","state":{"app:a":1,"temp:b":2,"c":"ü"}}"#)
        #expect(made.status == 201)
        #expect(made.body.contains(#""state":{"app:a":1,"c":"ü"}"#))
        let again = try await client.send("POST", folder, Self.json, body: #"{"id":"s-1"}"#)
        #expect(again.status == 409)
        let appended = try await client.send(
          "POST", folder + "/s-1/events", Self.json,
          body:
            #"{"id":"e-1","author":"user","invocation_id":"i","timestamp":1.5,"actions":{"state_delta":{"c":"x"}}}"#
        )
        #expect(appended.status == 201)
        let read = try await client.get(folder + "/s-1")
        #expect(read.status == 200)
        #expect(read.body.contains(#""c":"x""#))
        #expect(read.body.contains(#""stateDelta":{"c":"x"}"#))
        let list = try await client.get(folder)
        #expect(list.body.contains(#""id":"s-1""#))
        #expect(await store.keys(after: nil).keys.map(\.id) == ["s-1"])
        #expect(try await client.send("DELETE", folder + "/s-1").status == 200)
        #expect(try await client.get(folder + "/s-1").status == 404)
      }
    }
  }

  @Test func aVoiceSessionStaysInFirestore() async throws {
    try await withSessions(percentage: "100") { client, firestore, agentEngine in
      let made = try await client.send(
        "POST", "/api/v1/users/%C3%BC%2F/sessions?kind=voice", Self.json, body: "{}")
      #expect(made.status == 201)
      #expect(await firestore.keys(after: nil).keys.map(\.user) == ["ü/"])
      #expect(await agentEngine.keys(after: nil).keys.isEmpty)
    }
  }

  @Test func anIDIsTakenAsItWasSent() async throws {
    try await withSessions(percentage: "0") { client, firestore, _ in
      let made = try await client.send(
        "POST", "/api/v1/users/cafe%CC%81/sessions", Self.json, body: #"{"id":"s-1"}"#)
      #expect(made.status == 201)
      let user = await firestore.keys(after: nil).keys.first?.user
      #expect(user.map { Array($0.utf8) } == Array("cafe\u{301}".utf8))
    }
  }

  @Test(arguments: [
    ("POST", "/api/v1/users/u/sessions", "[]", 400), ("POST", "/api/v1/users/u/sessions", "{", 400),
    ("POST", "/api/v1/users/u/sessions", #"{"id":"a/b"}"#, 422),
    ("POST", "/api/v1/users/u/sessions/none/events", #"{"author":"user"}"#, 404),
    ("POST", "/api/v1/users/u/sessions/none/events", #"{"timestamp":"soon"}"#, 400),
    ("GET", "/api/v1/users/u/sessions?kind=text", "", 400),
    ("GET", "/api/v1/users/u/sessions/s?recent=-1", "", 400),
  ])
  func whatIsWrongIsSaid(method: String, path: String, body: String, status: Int) async throws {
    try await withSessions { client, _, _ in
      let answer = try await client.send(method, path, body.isEmpty ? [] : Self.json, body: body)
      #expect(answer.status == status)
      #expect(answer.body.contains(#""status":\#(status)"#))
    }
  }

  @Test func withoutAStoreNothingIsServed() async throws {
    let router = Router()
    SessionRoutes(sessions: nil).add(to: router)
    try await withRouter(router) { client in
      let answer = try await client.get("/api/v1/users/u/sessions")
      #expect(answer.status == 503)
    }
  }
}
