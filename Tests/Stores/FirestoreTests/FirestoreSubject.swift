import CurlTransport
import Firestore
import GoogleCalls
import Sessions
import SessionsTesting

/// A database of its own on the emulator.
struct FirestoreSubject {
  let database: FirestoreDatabase
  let transport: CurlTransport

  func store(_ kind: FirestoreLayout.Kind, app: String = "coach app") -> FirestoreSessionStore {
    FirestoreSessionStore(database: database, layout: FirestoreLayout(kind, app: app))
  }
}

/// - Parameter url: of what stands before the emulator; nil for the emulator itself.
func withFirestore<Value: Sendable>(
  behind url: String? = nil, _ body: (FirestoreSubject) async throws -> Value
) async throws -> Value {
  let emulator = try await SharedFirestore.shared.server()
  let transport = CurlTransport(CurlConfiguration(connectionsPerHost: 8))
  let database = FirestoreDatabase(
    client: GoogleClient(
      baseURL: url ?? FirestoreDatabase.baseURL(emulatorHost: emulator.host),
      transport: transport, authorization: nil),
    project: await SharedFirestore.shared.nextProject())
  do {
    let value = try await body(FirestoreSubject(database: database, transport: transport))
    await transport.shutdown()
    return value
  } catch {
    await transport.shutdown()
    throw error
  }
}
