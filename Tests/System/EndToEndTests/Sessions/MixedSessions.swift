import CurlTransport
import Firestore
import GoogleCalls
import Sessions
import SessionsTesting

/// Sessions as they lie in a project that has grown: most plain, some empty, huge, with ids that Agent Engine
/// cannot hold, with events of one time, in other scripts, and some that cannot be moved at all.
struct MixedSessions: Sendable {
  static let app = "coach"
  let count: Int
  /// Of a plain session.
  var events = 20

  private static let users = 10
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")

  /// How a session is, by its number modulo 100.
  private enum Kind {
    case plain, empty, automaticID, underscored, twin, oneTime, foreign, huge
    case stateIsNumber, eventIsEmpty, tooLarge, voice

    init(_ number: Int) {
      self =
        switch number % 100 {
        case 8: .huge
        case 9: .stateIsNumber
        case 19: .eventIsEmpty
        case 29: .tooLarge
        case 39: .voice
        default:
          switch number % 10 {
          case 0: .empty
          case 1: .automaticID
          case 2: .underscored
          case 3, 4: .twin
          case 5: .oneTime
          case 6: .foreign
          default: .plain
          }
        }
    }
  }

  func key(_ number: Int) -> SessionKey {
    let user = "learner \(number / 10 % Self.users) ü@example.com"
    switch Kind(number) {
    case .automaticID:
      // 20 letters and digits, as Firestore makes them, the same in each run.
      var digits = UInt64(number + 1) &* 0x9E37_79B9_7F4A_7C15
      let id = (0..<20).map { place -> Character in
        digits = digits &* 6_364_136_223_846_793_005 &+ UInt64(place + 1)
        return Self.alphabet[Int(digits >> 33) % Self.alphabet.count]
      }
      return SessionKey(user: user, id: String(id))
    case .underscored: return SessionKey(user: user, id: "S_\(number)")
    // One id, two users.
    case .twin:
      return SessionKey(
        user: number % 10 == 3 ? user : "other \(user)", id: "twin-\(number / 10)")
    case .foreign: return SessionKey(user: user, id: "セッション-\(number)")
    default: return SessionKey(user: user, id: "s-\(number)")
    }
  }

  private func session(_ number: Int) -> Session {
    let key = key(number)
    switch Kind(number) {
    case .empty: return Session(key: key, createTime: SampleSessions.start)
    case .oneTime:
      var session = SampleSessions.session(key, events: events)
      for place in session.events.indices {
        session.events[place].timestamp = SampleSessions.start
        // Ids that sort the other way round.
        session.events[place].id = "e-\(999 - place)"
      }
      return session
    case .foreign:
      var session = SampleSessions.session(key, events: events)
      session.state.session.merge(SampleSessions.values) { $1 }
      return session
    case .huge:
      var session = SampleSessions.session(key, events: events * 10)
      session.state.session["notes"] = .string(String(repeating: "größer 🎓 ", count: 20_000))
      return session
    case .tooLarge:
      var session = SampleSessions.session(key, events: events)
      session.state.session["account"] = .integer(.max)
      return session
    case .voice:
      var session = SampleSessions.session(key, events: events)
      session.state.session["kind"] = .string("voice")
      return session
    default: return SampleSessions.session(key, events: events)
    }
  }

  // MARK: What is to become of them

  var movable: [Int] {
    (0..<count).filter { number in
      switch Kind(number) {
      case .stateIsNumber, .eventIsEmpty, .tooLarge, .voice: false
      default: true
      }
    }
  }
  var leftOutCount: Int { count - movable.count }
  var movableEventCount: Int { movable.reduce(0) { $0 + session($1).events.count } }
  var renamedCount: Int {
    movable.count { number in
      switch Kind(number) {
      case .automaticID, .underscored, .foreign: true
      default: false
      }
    }
  }

  // MARK: In the emulator

  /// Writes them in ADK's layout.
  func fill(_ emulator: FirestoreEmulator, project: String) async throws {
    try await Self.withStore(emulator, project: project) { store, database in
      // What all sessions share comes first, so that no two wait for one document.
      var shared = session(1)
      shared.events = []
      for number in stride(from: 0, to: count, by: 10) where number < 10 * Self.users {
        for name in ["", "other "] {
          let user = name + key(number).user
          shared.key = SessionKey(user: user, id: "shared")
          try await store.restore(shared, scopes: [.app, .user], pacing: NoPacing())
          try await store.delete(shared.key)
        }
      }
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<count {
          if number >= 12 { try await group.next() }
          group.addTask { try await write(number, store, database) }
        }
        try await group.waitForAll()
      }
    }
  }

  private func write(
    _ number: Int, _ store: FirestoreSessionStore, _ database: FirestoreDatabase
  ) async throws {
    let session = session(number)
    try await store.restore(session, scopes: [], pacing: NoPacing())
    let path = FirestorePath(
      "adk-session", Self.app, "users", session.key.user, "sessions", session.key.id)
    switch Kind(number) {
    case .stateIsNumber: try await database.commit([.merge(path, ["state": .integer(5)])])
    case .eventIsEmpty:
      try await database.commit([
        .set(
          path.appending("events", "broken"), ["timestamp": .timestamp(SampleSessions.start)])
      ])
    default: break
    }
  }

  static func withStore<Value>(
    _ emulator: FirestoreEmulator, project: String,
    _ body: (FirestoreSessionStore, FirestoreDatabase) async throws -> Value
  ) async throws -> Value {
    let transport = CurlTransport(CurlConfiguration(connectionsPerHost: 16))
    let database = FirestoreDatabase(
      client: GoogleClient(baseURL: emulator.url, transport: transport, authorization: nil),
      project: project)
    do {
      let value = try await body(
        FirestoreSessionStore(database: database, layout: FirestoreLayout(.adk, app: app)),
        database)
      await transport.shutdown()
      return value
    } catch {
      await transport.shutdown()
      throw error
    }
  }
}
