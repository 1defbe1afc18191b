import Events
public import Sessions

/// What is not the same on both sides. Holds no content of sessions.
public struct SessionDifference: Sendable, Equatable {
  public enum Kind: String, Sendable, CaseIterable {
    /// The target has no such session.
    case missing
    /// The target has a session that the source does not have.
    case extra
    case unreadable
    case appState = "app_state"
    case userState = "user_state"
    case sessionState = "session_state"
    case eventCount = "event_count"
    case eventIDs = "event_ids"
    case eventOrder = "event_order"
    case eventContent = "event_content"
    case eventTime = "event_time"
    case createTime = "create_time"
    case updateTime = "update_time"
  }

  public let kind: Kind
  /// Numbers, and names of keys that are a program's by their looks.
  public let detail: String

  public init(_ kind: Kind, _ detail: String = "") {
    self.kind = kind
    self.detail = detail
  }
}

/// Compares a session with its copy.
public enum SessionComparison {
  /// How far apart times may be, in microseconds: stores keep them as seconds in a double, as milliseconds
  /// or as microseconds.
  public static let tolerance: Int64 = 1_000_000

  /// - Parameters:
  ///   - scopes: the states beside the session's own that must agree.
  ///   - capabilities: what the copy's store can keep.
  public static func compare(
    _ source: Session, with copy: Session, scopes: Set<SessionState.Scope>,
    capabilities: SessionStoreCapabilities
  ) -> [SessionDifference] {
    var found = compare(state: source.state, copy.state, scopes)
    found += compare(source.events, copy.events)
    if capabilities.keepsCreateTime, !isNear(source.createTime, copy.createTime) {
      found.append(.init(.createTime))
    }
    if capabilities.keepsUpdateTime, !isNear(source.updateTime, copy.updateTime) {
      found.append(.init(.updateTime))
    }
    return found
  }

  private static func compare(
    state source: SessionState, _ copy: SessionState, _ scopes: Set<SessionState.Scope>
  ) -> [SessionDifference] {
    var found: [SessionDifference] = []
    func check(
      _ kind: SessionDifference.Kind, _ left: [String: SessionValue],
      _ right: [String: SessionValue]
    ) {
      let keys = Set(left.keys).union(right.keys).filter { left[$0] != right[$0] }.sorted()
      guard !keys.isEmpty else { return }
      let shown = keys.prefix(5).map(SessionState.shown(key:)).joined(separator: ", ")
      found.append(.init(kind, "\(keys.count) keys: \(shown)"))
    }
    if scopes.contains(.app) { check(.appState, source.app, copy.app) }
    if scopes.contains(.user) { check(.userState, source.user, copy.user) }
    check(.sessionState, source.session, copy.session)
    return found
  }

  private static func compare(
    _ source: [SessionEvent], _ copy: [SessionEvent]
  ) -> [SessionDifference] {
    var found: [SessionDifference] = []
    if source.count != copy.count {
      found.append(.init(.eventCount, "\(source.count) and \(copy.count)"))
    }
    let places = Dictionary(copy.enumerated().map { ($1.id, $0) }) { first, _ in first }
    let missing = source.filter { places[$0.id] == nil }.count
    let ids = Set(source.map(\.id))
    let extra = copy.filter { !ids.contains($0.id) }.count
    if missing + extra > 0 {
      found.append(.init(.eventIDs, "\(missing) missing, \(extra) extra"))
    }
    let common = source.compactMap { places[$0.id] }
    if common != common.sorted() { found.append(.init(.eventOrder)) }
    var contents = 0
    var times = 0
    for event in source {
      guard let place = places[event.id] else { continue }
      let other = copy[place]
      if event.author != other.author || event.invocationID != other.invocationID
        || event.members != other.members
      {
        contents += 1
      }
      if abs(event.timestamp.microseconds - other.timestamp.microseconds) > tolerance { times += 1 }
    }
    if contents > 0 { found.append(.init(.eventContent, "\(contents) events")) }
    if times > 0 { found.append(.init(.eventTime, "\(times) events")) }
    return found
  }

  private static func isNear(_ left: Timestamp?, _ right: Timestamp?) -> Bool {
    guard let left, let right else { return left == nil }
    return abs(left.microseconds - right.microseconds) <= tolerance
  }
}
