import Cryptography
import Events
import Foundation
import HTTPServerTesting
import Logging
import NIOCore
import NIOPosix
import Observability
import ProgressBusTesting
import Testing

@testable import Access
@testable import Ingest

/// Whose events a token may send, through a live server.
@Suite struct SendingRightsTests {
  private static func event(
    _ student: String, course: String? = nil, type: String = "help", name: String = "student_id"
  ) -> String {
    let course = course.map { #","course_id":"\#($0)""# } ?? ""
    return
      #"{"event_type":"\#(type)","\#(name)":"\#(student)","notebook_path":"n.ipynb"\#(course)}"#
  }

  /// Sends the events as one array.
  /// - Returns: the status, and the places of those that were rejected as not allowed.
  private static func send(
    _ events: [String], with token: String
  ) async throws -> (status: Int, rejected: [Int]) {
    let keys = KeyStore(
      secret: try VerificationKey(secret: Array(TestTokens.secret.utf8)), source: nil,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    return try await withIngest(access: keys) { server in
      let client = try await RawClient(port: server.port)
      defer { client.close() }
      let answer = try await client.post(
        "[\(events.joined(separator: ","))]", ["Authorization: Bearer \(token)"])
      struct Body: Decodable {
        struct Item: Decodable {
          struct Fault: Decodable { let code: String }
          let index: Int
          let errors: [Fault]
        }
        let rejected: [Item]
      }
      guard let body = try? JSONDecoder().decode(Body.self, from: Data(answer.body.utf8)) else {
        return (answer.status, [])
      }
      #expect(body.rejected.allSatisfy { $0.errors.map(\.code) == ["not_allowed"] })
      return (answer.status, body.rejected.map(\.index))
    }
  }

  @Test func aLearnerSendsForNobodyElse() async throws {
    let token = try TestTokens.token(scope: "ingest", subject: "Zo\u{EB}")
    let mine = [
      Self.event("Zo\u{EB}"), Self.event("Zoe\u{308}", course: "any"), Self.event(#"Zo\u00eb"#),
      Self.event(#"Zoe\u0308"#), Self.event("Zo\u{EB}", name: "emailAddress"),
    ]
    #expect(try await Self.send(mine, with: token) == (202, []))
    let others = [
      Self.event("zo\u{EB}"), Self.event("Zo\u{EB} "), Self.event("Zoe"), Self.event(#"Zo\u00ea"#),
      #"{"event_type":"help","student_id":"Zo\u00eb","emailAddress":"s-2","notebook_path":"n"}"#,
    ]
    #expect(try await Self.send(others, with: token) == (422, [0, 1, 2, 3, 4]))
    #expect(try await Self.send([mine[0], others[0]], with: token) == (207, [1]))
  }

  /// A kind may hold entries that name learners too, and go to those learners' rows.
  @Test func aLearnerSendsForNobodyElseInsideAnEvent() throws {
    let learner = FieldType.string(minimumLength: 1, maximumLength: 128)
    let kind = EventKind(
      "team_work", storedBy: "store_team_work",
      fields: [
        Field("userId", learner, required: true, privacy: .identifier, "The learner."),
        Field(
          "parts",
          .array(
            of: .object([Field("user_id", learner, privacy: .identifier, "The learner.")]),
            maximumCount: 9), "Who did what."),
      ], "Work of a team.")
    var claims = TokenClaims(scopes: [.ingest], expiresAt: .max)
    claims.subject = "s-1"
    let sender = Caller(token: VerifiedToken(claims: claims, goodUntil: .max, text: ""))
    var decoder = BatchDecoder(configuration: IngestConfiguration(), catalog: EventCatalog([kind]))
    let events = [
      #"{"event_type":"team_work","userId":"s-1"}"#,
      #"{"event_type":"team_work","userId":"s-1","parts":[{},{"user_id":"s-1"}]}"#,
      #"{"event_type":"team_work","userId":"s-1","parts":[{"user_id":"s-1"},{"user_id":"s-2"}]}"#,
      #"{"event_type":"team_work","userId":"s-1","parts":[{"user_id":"s\u002d2"}]}"#,
      #"{"event_type":"team_work","userId":"s-2"}"#,
    ]
    let batch = try decoder.decode(
      ByteBuffer(string: "[\(events.joined(separator: ","))]"), format: .json, receivedAt: .now(),
      rights: SendingRights(sender))
    #expect(batch.accepted.map(\.index) == [0, 1])
    #expect(batch.rejected.map(\.index) == [2, 3, 4])
    #expect(batch.rejected.last?.errors.map(\.pointer) == ["/userId"])
  }

  /// Whether its learner stands inside, as a dialogue's and a training session's, or in an entry of it.
  @Test func aLearnerSendsSessionsOfNobodyElse() async throws {
    let token = try TestTokens.token(scope: "ingest", subject: "s-1")
    func dialogue(_ user: String, entry: String = "{}") -> String {
      #"{"event_type":"dialogue_session_ended","session":{"session_id":"d","user_id":"\#(user)","#
        + #""start_time":"2026-03-01T10:00:00Z"},"learning_history":[\#(entry)]}"#
    }
    func training(_ user: String) -> String {
      #"{"event_type":"training_session_completed","session":{"sessionId":"t","userId":"\#(user)","#
        + #""exerciseType":"squat","startTime":"2026-03-01T10:00:00Z","status":"completed"}}"#
    }
    let entry = #"{"problem_id":"p","user_id":"s-2"}"#
    let own = #"{"problem_id":"p","user_id":"s-1"}"#
    let events = [
      dialogue("s-1", entry: own), dialogue("s-1", entry: #"{"problem_id":"p"}"#), training("s-1"),
      dialogue("s-2", entry: own), dialogue("s-1", entry: entry), training("s-2"),
    ]
    #expect(try await Self.send(events, with: token) == (207, [3, 4, 5]))
  }

  @Test func aTokenThatNamesCoursesIsForThoseAlone() async throws {
    let token = try TestTokens.token(scope: "ingest", subject: "s-1", courses: ["py101"])
    let events = [
      Self.event("s-1", course: "py101"), Self.event("s-1", course: "Py101"), Self.event("s-1"),
    ]
    #expect(try await Self.send(events, with: token) == (207, [1, 2]))
  }

  @Test func aClassTokenSendsForAnybodyInItsCourses() async throws {
    let token = try TestTokens.token(
      scope: "ingest:class", subject: "hub", courses: ["caf\u{E9}", "default"])
    let events = [
      Self.event("s-1", course: "caf\u{E9}"), Self.event("s-2", course: "cafe\u{301}"),
      Self.event("s-3"), Self.event("s-4", course: #"caf\u00e9"#),
      Self.event("s-5", course: "Caf\u{E9}"), Self.event("s-6", course: "caf\u{E9} "),
      Self.event("hub", course: "py101"),
    ]
    #expect(try await Self.send(events, with: token) == (207, [4, 5, 6]))
  }

  @Test func whatIsNotSaidToBeTheLearnersIsRefused() async throws {
    let token = try TestTokens.token(scope: "ingest", subject: "s-1")
    let metric = #"{"event_type":"rag_metric","session_id":"x","corpus_id":"c"}"#
    let (status, _) = try await Self.send([metric], with: token)
    #expect(status == 422)
  }

  @Test func withoutAScopeForSendingNothingIsRead() async throws {
    let token = try TestTokens.token(scope: "dashboard admin", courses: ["py101"])
    #expect(try await Self.send([Self.event("s-1")], with: token).status == 403)
    #expect(try await Self.send([Self.event("s-1")], with: "a.b.c").status == 401)
  }
}
