import Events
import Sessions

/// The keys of a store, or of one of its users, page by page.
struct KeyPages: AsyncSequence, AsyncIteratorProtocol {
  typealias Element = [SessionKey]
  typealias Failure = SessionStoreError

  let store: any SessionStore
  let user: String?
  private var cursor: String?
  private var isOver = false

  init(store: any SessionStore, user: String?) {
    self.store = store
    self.user = user
  }

  func makeAsyncIterator() -> KeyPages { self }

  mutating func next() async throws -> [SessionKey]? {
    try await next(isolation: nil)
  }

  mutating func next(
    isolation actor: isolated (any Actor)?
  ) async throws(SessionStoreError) -> [SessionKey]? {
    guard !isOver else { return nil }
    if let user {
      isOver = true
      return try await keys(of: user)
    }
    let page = try await store.keys(after: cursor)
    cursor = page.cursor
    isOver = page.cursor == nil
    return page.keys
  }

  private func keys(of user: String) async throws(SessionStoreError) -> [SessionKey] {
    do throws(SessionStoreError) {
      return try await store.sessions(of: user)
        .sorted { $0.createTime ?? Self.never > $1.createTime ?? Self.never }.map(\.key)
    } catch {
      guard case .unreadable = error else { throw error }
    }
    // One of them is no session, and is told as such when it is its turn.
    var keys: [SessionKey] = []
    for try await page in KeyPages(store: store, user: nil) {
      keys += page.filter { $0.user.utf8.elementsEqual(user.utf8) }
    }
    return keys
  }

  private static let never = Timestamp(microseconds: 0)
}

/// Decides which sessions bring the states of the app and of the user along.
///
/// Where the target shares them, one session of each user is enough. A source that gives a copy to every
/// session lists the newest first: that one counts.
struct ScopeCarriers {
  private let isShared: Bool
  private var users: Set<SessionDigest> = []
  private var isFirst = true

  init(source: any SessionStore, target: any SessionStore) {
    isShared = target.capabilities.sharesScopes
  }

  mutating func scopes(of key: SessionKey) -> Set<SessionState.Scope> {
    guard isShared else { return [.app, .user] }
    var scopes: Set<SessionState.Scope> = isFirst ? [.app] : []
    isFirst = false
    if users.insert(SessionDigest(SessionKey(user: key.user, id: ""))).inserted {
      scopes.insert(.user)
    }
    return scopes
  }
}
