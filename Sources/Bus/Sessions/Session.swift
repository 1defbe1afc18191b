public import Events

/// Which session. Ids are unique within one user only: two users may both have the session `s1`.
public struct SessionKey: Sendable, Hashable {
  public let user: String
  public let id: String

  public init(user: String, id: String) {
    self.user = user
    self.id = id
  }
}

/// A session as it is stored.
public struct Session: Sendable, Equatable {
  public var key: SessionKey
  public var state: SessionState
  /// In order; empty where they were not asked for.
  public var events: [SessionEvent]
  /// Nil where the store has none.
  public var createTime: Timestamp?
  public var updateTime: Timestamp?
  /// Changes with every write to the session. Only to be compared with another of the same store.
  public var version: String

  public init(
    key: SessionKey, state: SessionState = SessionState(), events: [SessionEvent] = [],
    createTime: Timestamp? = nil, updateTime: Timestamp? = nil, version: String = ""
  ) {
    self.key = key
    self.state = state
    self.events = events
    self.createTime = createTime
    self.updateTime = updateTime
    self.version = version
  }
}

extension Session {
  /// Whether it is a voice session, which stays in Firestore: its own state says `kind` = `voice`.
  public var isVoice: Bool { state.session["kind"] == .string("voice") }
}

/// An event of a session.
public struct SessionEvent: Sendable, Equatable {
  /// Given by whoever made the event; a store that gives names of its own keeps it beside them.
  public var id: String
  public var author: String
  public var invocationID: String
  public var timestamp: Timestamp
  /// Everything else, under the names of ADK's JSON (`turnComplete`, `actions.stateDelta`). Holds no nulls
  /// outside what users name themselves.
  public var members: [String: SessionValue]

  public init(
    id: String, author: String, invocationID: String, timestamp: Timestamp,
    members: [String: SessionValue] = [:]
  ) {
    self.id = id
    self.author = author
    self.invocationID = invocationID
    self.timestamp = timestamp
    self.members = members
  }

  /// Part of an answer that is still coming. It is shown, never stored.
  public var isPartial: Bool { members["partial"] == .boolean(true) }

  /// What the event changes in the state, keys with prefixes.
  public var stateDelta: [String: SessionValue] {
    members["actions"]?["stateDelta"]?.members ?? [:]
  }

  /// The event without what is never stored: the keys of `temp:` in its delta.
  public var withoutTemporaryState: SessionEvent {
    let delta = stateDelta
    guard delta.keys.contains(where: { SessionState.scope(of: $0) == .temp }),
      var actions = members["actions"]?.members
    else { return self }
    actions["stateDelta"] = .map(delta.filter { SessionState.scope(of: $0.key) != .temp })
    var event = self
    event.members["actions"] = .map(actions)
    return event
  }
}

/// An event that comes to a store after later ones.
public struct LateEvent: Sendable, Equatable {
  /// With its whole delta.
  public let event: SessionEvent
  /// What of the delta counts: the keys that no event of the same time or later has set.
  public let delta: [String: SessionValue]

  public init(_ event: SessionEvent, delta: [String: SessionValue]) {
    self.event = event
    self.delta = delta
  }

  /// - Parameters:
  ///   - events: of another store, in order.
  ///   - scopes: whose keys may count, beside the session's own.
  ///   - stored: the events that the session has.
  public static func make(
    _ events: [SessionEvent], scopes: Set<SessionState.Scope>, behind stored: [SessionEvent]
  ) -> [LateEvent] {
    var lastSet: [String: Timestamp] = [:]
    for event in stored {
      for key in event.stateDelta.keys {
        lastSet[key] = max(event.timestamp, lastSet[key] ?? event.timestamp)
      }
    }
    let scopes = scopes.union([.session])
    return events.map { event in
      LateEvent(
        event,
        delta: event.stateDelta.filter { key, _ in
          scopes.contains(SessionState.scope(of: key))
            && lastSet[key].map { $0 < event.timestamp } ?? true
        })
    }
  }
}

// The one JSON object that an event is to ADK.
extension SessionEvent {
  /// Reads an event with the names of ADK's JSON in either spelling.
  ///
  /// - Parameter timestamp: goes before the object's own, in seconds.
  /// - Throws: what the object lacks.
  public init(
    object: [String: SessionValue], id: String? = nil, timestamp: Timestamp? = nil
  ) throws(SessionValueError) {
    var members = EventNames.camelCased(object)
    let own = members.removeValue(forKey: "timestamp")
    guard let id = members.removeValue(forKey: "id")?.text ?? id, !id.isEmpty else {
      throw SessionValueError("an event has no id")
    }
    guard let timestamp = timestamp ?? own.flatMap(Self.moment) else {
      throw SessionValueError("an event has no timestamp")
    }
    self.init(
      id: id, author: members.removeValue(forKey: "author")?.text ?? "",
      invocationID: members.removeValue(forKey: "invocationId")?.text ?? "", timestamp: timestamp,
      members: members)
  }

  /// The object in ADK's JSON, `timestamp` in seconds.
  public var object: [String: SessionValue] {
    var object = members
    object["id"] = .string(id)
    object["author"] = .string(author)
    object["invocationId"] = .string(invocationID)
    object["timestamp"] = .double(timestamp.seconds)
    return object
  }

  private static func moment(_ value: SessionValue) -> Timestamp? {
    switch value {
    case .timestamp(let timestamp): timestamp
    case .string(let text): Timestamp(rfc3339: text.utf8)
    default: value.number.flatMap(Timestamp.init(seconds:))
    }
  }
}

extension Timestamp {
  /// Seconds since 1970, as Python's `time.time()`. Exact to the microsecond until the year 2242.
  public var seconds: Double { Double(microseconds) / 1_000_000 }

  /// Nil for what is no moment of the years 0 to 9999.
  public init?(seconds: Double) {
    let scaled = (seconds * 1_000_000).rounded()
    guard let microseconds = Int64(exactly: scaled) else { return nil }
    self.init(microseconds: microseconds)
    guard Timestamp.writable.contains(self) else { return nil }
  }
}
