import CurlTransport
import Foundation
import HTTPTypes
import ProgressBusTesting
import SessionsTesting
import Testing

/// The Firestore source in the running program, on Google's emulator. One test at a time: each keeps several
/// processes busy.
@Suite(
  .serialized, .tags(.servers),
  .enabled(if: FirestoreEmulator.isInstalled, FirestoreEmulator.missing))
enum FirestoreEndToEnd {}

/// A mirror's deployment, and a database of Firestore that its sessions come from.
struct FirestoreDeployment: Sendable {
  let mirror: MirrorDeployment
  let host: String
  let project: String

  /// What Google's own client prints.
  @discardableResult
  func client(_ arguments: String..., input: String = "") async throws -> String {
    try await Python.run(
      Python.firestoreClients(), "firestore_sessions.py", [host, project] + arguments, input: input)
  }

  /// Writes fields of a session's document.
  func change(_ user: String, _ session: String, _ fields: String) async throws {
    try await client("change", user, session, input: fields)
  }

  func shown() async throws -> ShownDocuments {
    try JSONDecoder().decode(ShownDocuments.self, from: Data(try await client("show").utf8))
  }
}

/// A CloudEvent as Google's and the CNCF's libraries make it.
struct MadeCloudEvent: Decodable, Sendable {
  /// The encoding.
  let name: String
  let headers: [String: String]
  /// Base64.
  let body: String

  /// - Parameter lines: what `cloud_events.py` reads; each gives four, one an encoding.
  static func make(_ lines: String) async throws -> [MadeCloudEvent] {
    let output = try await Python.run(
      Python.firestoreClients(), "cloud_events.py", [], input: lines)
    return try output.split(separator: "\n").map {
      try JSONDecoder().decode(MadeCloudEvent.self, from: Data($0.utf8))
    }
  }

  /// As Eventarc does; it must be accepted.
  func send(to server: ServerUnderTest) async throws {
    var fields: HTTPFields = [:]
    for (name, value) in headers { fields[HTTPField.Name(name)!] = value }
    let answer = try await HTTP.shared.transport.send(
      TransportRequest(
        .post, "\(server.url)/events/firestore", headers: fields,
        body: Array(Data(base64Encoded: body) ?? Data())))
    #expect(answer.status == 202, "\(name): \(String(decoding: answer.body, as: UTF8.self))")
  }
}

/// Documents as Google's own client reads them.
struct ShownDocuments: Decodable {
  struct Session: Decodable {
    let status: String?
    let bigquerySyncStatus: String?
    let bigquerySyncedAt: String?
    let bigquerySyncError: String?
    let bigquerySyncRetryCount: Int?
  }

  struct Failure: Decodable {
    let userId: String
    let sessionId: String
    let failureReason: String
    let retryCount: Int
    let lastRetryAt: String?
    let createdAt: String
    let resolvedAt: String?
    let status: String
  }

  /// By user and session, `user/session`.
  let sessions: [String: Session]
  let failures: [Failure]
}

/// Runs `body` with servers of its own; BigQuery is at `bigQueryURL`.
func withFirestoreDeployment(
  bigQueryURL: String, _ more: [String: String] = [:],
  _ body: @Sendable (FirestoreDeployment) async throws -> Void
) async throws {
  let emulator = try await SharedFirestore.shared.server()
  let project = await SharedFirestore.shared.nextProject()
  let settings = [
    "FIRESTORE_EMULATOR_HOST": emulator.host, "PROGRESSBUS_FIRESTORE_PROJECT": project,
    "FIRESTORE_POLL_SECONDS": "1", "FIRESTORE_FULL_PASS_SECONDS": "3",
  ].merging(more) { _, given in given }
  try await withMirrorDeployment(bigQueryURL: bigQueryURL, settings) { mirror in
    try await body(
      FirestoreDeployment(mirror: mirror, host: emulator.host, project: project))
  }
}
