/// A session's state in its scopes. The prefix of a key says which it belongs to: `app:` is shared by all
/// sessions, `user:` by all sessions of one user; a key without one is the session's own. Keys of
/// `temp:` live for one invocation and are never stored.
public struct SessionState: Sendable, Equatable {
  public enum Scope: String, Sendable, CaseIterable {
    case app, user, session, temp

    /// What stands before the key; nothing for the session's own.
    public var prefix: String { self == .session ? "" : "\(rawValue):" }
  }

  /// By key, without the prefix, as in the two members below.
  public var app: [String: SessionValue]
  public var user: [String: SessionValue]
  public var session: [String: SessionValue]

  public init(
    app: [String: SessionValue] = [:], user: [String: SessionValue] = [:],
    session: [String: SessionValue] = [:]
  ) {
    self.app = app
    self.user = user
    self.session = session
  }

  /// Sorts keys with prefixes into their scopes, and leaves out those of `temp:`.
  public init(prefixed members: [String: SessionValue]) {
    self.init()
    for (key, value) in members { set(key, value) }
  }

  /// All of it in one map, with prefixes, as agents see it.
  public var prefixed: [String: SessionValue] {
    var members = session
    for (key, value) in app { members[Scope.app.prefix + key] = value }
    for (key, value) in user { members[Scope.user.prefix + key] = value }
    return members
  }

  public var isEmpty: Bool { app.isEmpty && user.isEmpty && session.isEmpty }

  /// Puts a delta on top. A value takes the place of the old one, whole; null is a value: no key is ever
  /// removed.
  public mutating func apply(_ delta: SessionState) {
    app.merge(delta.app) { $1 }
    user.merge(delta.user) { $1 }
    session.merge(delta.session) { $1 }
  }

  /// Without the states of the app and the user, unless `scopes` has them.
  public func limited(to scopes: Set<Scope>) -> SessionState {
    SessionState(
      app: scopes.contains(.app) ? app : [:], user: scopes.contains(.user) ? user : [:],
      session: session)
  }

  private mutating func set(_ key: String, _ value: SessionValue) {
    switch Self.scope(of: key) {
    case .app: app[String(key.dropFirst(Scope.app.prefix.count))] = value
    case .user: user[String(key.dropFirst(Scope.user.prefix.count))] = value
    case .session: session[key] = value
    case .temp: break
    }
  }

  /// A key for reports and errors: itself when a program made it, by its looks, else nothing of it.
  public static func shown(key: String) -> String {
    let isPlain = key.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
        UInt8(ascii: ":"), UInt8(ascii: "$"):
        true
      default: false
      }
    }
    return isPlain && (1...64).contains(key.utf8.count) ? key : "…"
  }

  public static func scope(of key: String) -> Scope {
    for scope in [Scope.app, .user, .temp] where key.hasPrefix(scope.prefix) { return scope }
    return .session
  }
}
