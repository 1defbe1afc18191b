public import Events

/// Where sessions of one application are kept. Safe from any task.
public protocol SessionStore: Sendable {
  /// For logs and reports, for example `firestore`.
  var name: String { get }
  /// What of a session it can and cannot hold.
  var capabilities: SessionStoreCapabilities { get }

  /// Whether the store can hold the session, as far as that can be told without asking it.
  ///
  /// - Throws: `.unfit`.
  func check(_ session: Session) throws(SessionStoreError)

  /// Makes a session with a state, which it puts on top of what the app and the user have already.
  ///
  /// - Throws: `.exists`, and `.unfit` for an id or a state that the store cannot hold; it has written
  ///   nothing then.
  func create(_ key: SessionKey, state: SessionState) async throws(SessionStoreError) -> Session

  /// Nil when there is none.
  func session(_ key: SessionKey, events: EventSelection) async throws(SessionStoreError)
    -> Session?

  /// The sessions of one user, without their events, in no promised order.
  func sessions(of user: String) async throws(SessionStoreError) -> [Session]

  /// Stores an event behind those that are there, and applies its delta. A partial event is not stored.
  /// Two calls with the same event store it once.
  ///
  /// - Throws: `.missing` when there is no such session.
  func append(_ event: SessionEvent, to key: SessionKey) async throws(SessionStoreError)

  /// Removes a session and its events; the states of its app and user stay. Nothing happens when there is
  /// none.
  func delete(_ key: SessionKey) async throws(SessionStoreError)

  /// The keys of all sessions, a page at a time. A session that is made or removed meanwhile may be
  /// missing or stand there; every other is there once.
  ///
  /// - Parameter cursor: of the page before; nil for the first.
  func keys(after cursor: String?) async throws(SessionStoreError) -> SessionKeyPage

  /// Writes a session as it is elsewhere, its events included, in as few calls as the store allows.
  ///
  /// - Parameters:
  ///   - scopes: whether the states of the app and the user are written, too.
  ///   - pacing: is asked before each write.
  ///   - made: called once this call has made the session, whether or not it can write all of it.
  /// - Throws: `.exists` when there is one by that key.
  func restore(
    _ session: Session, scopes: Set<SessionState.Scope>, pacing: any WritePacing,
    made: @Sendable () -> Void
  ) async throws(SessionStoreError)

  /// Brings a session that is there to the state and the events of one that is elsewhere: appends the
  /// events that it lacks, and writes the state when it differs.
  ///
  /// - Parameters:
  ///   - stored: as the caller has read it from this store.
  ///   - lacking: events of `session` that the store does not have, in order.
  /// - Returns: whether anything had to be written. A store that shares the states of app and user keeps a
  ///   value of theirs that was written after the session's last change elsewhere.
  /// - Throws: `.stale` when somebody has written to the session since it was read. A store that has no
  ///   preconditions finds that out as well as it can.
  func bring(
    _ stored: Session, to session: Session, lacking: [SessionEvent],
    scopes: Set<SessionState.Scope>, pacing: any WritePacing
  ) async throws(SessionStoreError) -> Bool

  /// Gives events that were made elsewhere to a session that has gone on here, and may go on meanwhile.
  /// Of their deltas only what still counts is applied.
  ///
  /// - Parameter late: in order.
  func add(
    _ late: [LateEvent], to key: SessionKey, pacing: any WritePacing
  ) async throws(SessionStoreError)
}

extension SessionStore {
  public func restore(
    _ session: Session, scopes: Set<SessionState.Scope>, pacing: any WritePacing
  ) async throws(SessionStoreError) {
    try await restore(session, scopes: scopes, pacing: pacing, made: {})
  }
}

/// Which events of a session are read.
public enum EventSelection: Sendable, Equatable {
  case none
  case all
  /// The last so many.
  case recent(Int)
  /// Those of this moment and later.
  case since(Timestamp)

  /// What of all events, in order, is selected.
  public func apply(to events: [SessionEvent]) -> [SessionEvent] {
    switch self {
    case .none: []
    case .all: events
    case .recent(let count): Array(events.suffix(max(count, 0)))
    case .since(let moment): events.filter { $0.timestamp >= moment }
    }
  }
}

public struct SessionKeyPage: Sendable, Equatable {
  public var keys: [SessionKey]
  /// Where the next page begins; nil behind the last.
  public var cursor: String?

  public init(keys: [SessionKey], cursor: String?) {
    self.keys = keys
    self.cursor = cursor
  }
}

/// What of a session a store can hold.
public struct SessionStoreCapabilities: Sendable, Equatable {
  /// Whether a session's times are those that it is restored with.
  public var keepsCreateTime: Bool
  public var keepsUpdateTime: Bool
  /// Whether the states of the app and of the user stand for themselves. Where they do not, each session
  /// has a copy, and the newest session's counts.
  public var sharesScopes: Bool
  /// Whether two users may have sessions of one id.
  public var separatesUsers: Bool

  public init(
    keepsCreateTime: Bool, keepsUpdateTime: Bool, sharesScopes: Bool, separatesUsers: Bool
  ) {
    self.keepsCreateTime = keepsCreateTime
    self.keepsUpdateTime = keepsUpdateTime
    self.sharesScopes = sharesScopes
    self.separatesUsers = separatesUsers
  }

  /// What both can hold.
  public func shared(with other: SessionStoreCapabilities) -> SessionStoreCapabilities {
    SessionStoreCapabilities(
      keepsCreateTime: keepsCreateTime && other.keepsCreateTime,
      keepsUpdateTime: keepsUpdateTime && other.keepsUpdateTime,
      sharesScopes: sharesScopes && other.sharesScopes,
      separatesUsers: separatesUsers && other.separatesUsers)
  }
}

/// Why a store did not do what it was asked for. Reasons hold no personal data.
public enum SessionStoreError: Error, Sendable, Equatable, CustomStringConvertible {
  case exists
  case missing
  /// Someone else wrote to the session at the same time; it is to be read anew.
  case stale
  /// The store cannot hold it; nothing was written.
  case unfit(String)
  /// What is stored is no session.
  case unreadable(String)
  /// The request was refused for good.
  case refused(String)
  /// No permission, or the whole target is gone: it makes no sense to go on.
  case denied(String)
  /// The store asks for fewer calls.
  case throttled(after: Duration?)
  /// The store did not answer, or said that it cannot now.
  case unavailable(String)

  public var description: String {
    switch self {
    case .exists: "the session exists already"
    case .missing: "there is no such session"
    case .stale: "the session changed meanwhile"
    case .unfit(let why): "it does not fit: \(why)"
    case .unreadable(let why): "it cannot be read: \(why)"
    case .refused(let why): "refused: \(why)"
    case .denied(let why): "denied: \(why)"
    case .throttled: "too many calls"
    case .unavailable(let why): "unavailable: \(why)"
    }
  }
}

/// The kinds of write for which a store has quotas.
public enum SessionWrite: String, Sendable, CaseIterable {
  /// Makes, changes or deletes a session.
  case session
  case append
}

/// Keeps whoever writes to the rate of a quota.
public protocol WritePacing: Sendable {
  /// Returns when the next write of its kind may go out.
  func pass(_ write: SessionWrite) async
  /// The store asked for fewer calls: everybody waits.
  func slowDown(_ write: SessionWrite, for wait: Duration?) async
}

/// No limit of its own: whoever is asked to wait waits alone.
public struct NoPacing: WritePacing {
  public init() {}
  public func pass(_ write: SessionWrite) async {}
  public func slowDown(_ write: SessionWrite, for wait: Duration?) async {
    // Whoever was cancelled goes on to find out.
    try? await Task.sleep(for: min(wait ?? .seconds(1), .seconds(60)))
  }
}
