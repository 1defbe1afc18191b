import Events
import Sessions

/// How sessions lie in Firestore.
///
/// | | `coach` | `adk` | `package` |
/// |---|---|---|---|
/// | sessions | `sessions/{id}` | `adk-session/{app}/users/{user}/sessions/{id}` | `apps/{app}/users/{user}/sessions/{id}` |
/// | app, user | `app_state/{app}`, `user_state/{app}/users/{user}` | `app_states/{app}`, `user_states/{app}/users/{user}` | `apps/{app}`, `apps/{app}/users/{user}` |
/// | own state | a map | a JSON text | a map |
/// | event | `event_data`, `timestamp` | the same | its members at the top, `timestamp` in seconds |
///
/// `adk` is what `google.adk.integrations.firestore` of google-adk 2.13 reads and writes, `package` what
/// google-adk-firestore-session 0.2 does.
public struct FirestoreLayout: Sendable, Equatable {
  public enum Kind: String, Sendable, CaseIterable {
    case coach, adk, package
  }

  public let kind: Kind
  public let app: String
  /// The root collection of `adk`.
  public let root: String

  public init(_ kind: Kind, app: String, root: String = "adk-session") {
    self.kind = kind
    self.app = app
    self.root = root
  }

  // MARK: Places

  /// The document above the collection `users`.
  private var appFolder: FirestorePath {
    kind == .adk ? FirestorePath(root, app) : FirestorePath("apps", app)
  }

  func sessionsFolder(of user: String) -> FirestorePath {
    kind == .coach ? FirestorePath() : appFolder.appending("users", user)
  }

  func session(_ key: SessionKey) -> FirestorePath {
    sessionsFolder(of: key.user).appending("sessions", key.id)
  }

  var appState: FirestorePath {
    switch kind {
    case .coach: FirestorePath("app_state", app)
    case .adk: FirestorePath("app_states", app)
    case .package: FirestorePath("apps", app)
    }
  }

  func userState(_ user: String) -> FirestorePath {
    switch kind {
    case .coach: FirestorePath("user_state", app, "users", user)
    case .adk: FirestorePath("user_states", app, "users", user)
    case .package: FirestorePath("apps", app, "users", user)
    }
  }

  /// All sessions of the app, by name.
  func keysQuery(after cursor: FirestorePath?, limit: Int) -> FirestoreQuery {
    var query = FirestoreQuery("sessions", below: kind == .coach ? FirestorePath() : appFolder)
    if kind == .coach {
      query.filters = [.init("appName", .equal, .string(app))]
      query.fields = ["userId"]
    } else {
      query.isGroup = true
      query.fields = []
    }
    query.limit = limit
    query.after = cursor.map { ([], $0) }
    return query
  }

  /// The key of a session that was found; nil for another document: a group has every collection of its
  /// name, at any depth.
  func key(of document: FirestoreDocument) -> SessionKey? {
    let names = document.path.names
    if kind == .coach {
      guard names.count == 2, let user = document.fields["userId"]?.text else { return nil }
      return SessionKey(user: user, id: names[1])
    }
    guard names.count == 6, Array(names[..<3]) == appFolder.names + ["users"],
      names[4] == "sessions"
    else { return nil }
    return SessionKey(user: names[3], id: names[5])
  }

  /// The sessions of one user.
  func sessionsQuery(of user: String) -> FirestoreQuery {
    var query = FirestoreQuery("sessions", below: sessionsFolder(of: user))
    if kind == .coach {
      query.filters = [
        .init("appName", .equal, .string(app)), .init("userId", .equal, .string(user)),
      ]
    }
    return query
  }

  // MARK: Sessions

  /// Whether the session counts its writes. Who writes must count, too, or ADK's own writers overwrite
  /// what they have not seen.
  var hasRevision: Bool { kind != .package }

  var updateTimeField: String { kind == .package ? "last_update_time" : "updateTime" }

  /// What of a document stands for its session, the states of app and user left out.
  ///
  /// - Throws: why the document is no session.
  func decode(
    _ document: FirestoreDocument, key: SessionKey
  ) throws(SessionValueError) -> Session {
    Session(
      key: key, state: SessionState(prefixed: try ownState(document.fields["state"])),
      createTime: moment(document.fields["createTime"])
        ?? Timestamp(rfc3339: document.createTime.utf8),
      updateTime: moment(document.fields[updateTimeField]), version: document.updateTime)
  }

  /// ADK reads a text and a map.
  private func ownState(
    _ value: SessionValue?
  ) throws(SessionValueError) -> [String: SessionValue] {
    switch value {
    case nil: return [:]
    case .map(let members): return members
    case .string(let text):
      if case .map(let members) = StructForm.decode(try SessionValue(json: text.utf8)) {
        return members
      }
    default: break
    }
    throw SessionValueError("the state is no map")
  }

  /// A session's own state as its document has it.
  ///
  /// - Throws: what the layout cannot hold.
  func encode(state: [String: SessionValue]) throws(SessionValueError) -> SessionValue {
    guard kind == .adk else {
      if FirestoreValue.holdsNestedList(.map(state)) {
        throw SessionValueError("Firestore has no list directly in a list")
      }
      return .map(state)
    }
    // A JSON text holds larger whole numbers than a Struct does, and no NaN.
    if Self.holdsNonFinite(.map(state)) {
      throw SessionValueError("NaN and infinities are no numbers of JSON")
    }
    return .string(String(decoding: SessionValue.map(state).json, as: UTF8.self))
  }

  private static func holdsNonFinite(_ value: SessionValue) -> Bool {
    switch value {
    case .double(let double): !double.isFinite
    case .array(let elements): elements.contains(where: holdsNonFinite)
    case .map(let members): members.values.contains(where: holdsNonFinite)
    default: false
    }
  }

  /// The fields of a new session but its times and its state.
  func fields(of key: SessionKey) -> [String: SessionValue] {
    kind == .package
      ? ["id": .string(key.id), "app_name": .string(app), "user_id": .string(key.user)]
      : [
        "id": .string(key.id), "appName": .string(app), "userId": .string(key.user),
        "revision": .integer(0),
      ]
  }

  func timeValue(_ timestamp: Timestamp) -> SessionValue {
    kind == .package ? .double(timestamp.seconds) : .timestamp(timestamp)
  }

  private func moment(_ value: SessionValue?) -> Timestamp? {
    if case .timestamp(let timestamp)? = value { return timestamp }
    return value?.number.flatMap(Timestamp.init(seconds:))
  }

  // MARK: Events

  func encode(_ event: SessionEvent, of key: SessionKey) -> [String: SessionValue] {
    let object = EventNames.snakeCased(event.object)
    guard kind != .package else { return object }
    return [
      "event_data": .map(object), "timestamp": .timestamp(event.timestamp),
      "appName": .string(app), "userId": .string(key.user),
    ]
  }

  /// - Throws: why the document is no event.
  func decodeEvent(_ document: FirestoreDocument) throws(SessionValueError) -> SessionEvent {
    if kind == .package {
      return try SessionEvent(object: document.fields, id: document.path.last)
    }
    guard let object = document.fields["event_data"]?.members else {
      throw SessionValueError("an event has no event_data")
    }
    return try SessionEvent(
      object: object, id: document.path.last, timestamp: moment(document.fields["timestamp"]))
  }
}
