public import Concurrency
import CurlTransport
import Events
public import GoogleCalls
import HTTPTypes
public import Sessions

/// Sessions in Vertex AI Agent Engine (`projects.locations.reasoningEngines.sessions`, v1).
///
/// A session has no application and no scopes: the keys of `app:` and `user:` stand in the state of each
/// session. The API gives no precondition and no id for an append, so that one whose answer was lost is
/// looked for before it is made again.
public struct AgentEngineSessionStore: SessionStore {
  public let name = "agent-engine"
  public let capabilities = SessionStoreCapabilities(
    keepsCreateTime: false, keepsUpdateTime: false, sharesScopes: false, separatesUsers: false)

  let client: GoogleClient
  let configuration: AgentEngineConfiguration
  let retryDelay: Backoff

  /// - Parameter client: with the base URL of `configuration`.
  public init(
    client: GoogleClient, configuration: AgentEngineConfiguration,
    retryDelay: Backoff = Backoff(first: .milliseconds(250), longest: .seconds(5), jitter: .half)
  ) {
    self.client = client
    self.configuration = configuration
    self.retryDelay = retryDelay
  }

  public func create(
    _ key: SessionKey, state: SessionState
  ) async throws(SessionStoreError) -> Session {
    let made = try await make(key, state: state, NoPacing())
    if made["updateTime"] != nil { return decode(made, key) }
    guard let session = try await session(key, events: .none) else { throw .missing }
    return session
  }

  public func append(
    _ event: SessionEvent, to key: SessionKey
  ) async throws(SessionStoreError) {
    guard !event.isPartial else { return }
    // Says that the session is missing, or another user's, and that the event is there already.
    guard let stored = try await session(key, events: .since(event.timestamp)) else {
      throw .missing
    }
    guard !stored.events.contains(where: { $0.id == event.id }) else { return }
    try await append(
      Append(event.withoutTemporaryState, order: Timestamp.now().microseconds), to: key, NoPacing())
  }

  public func delete(_ key: SessionKey) async throws(SessionStoreError) {
    guard try await session(key, events: .none) != nil else { return }
    do throws(SessionStoreError) {
      let operation = try await call(GoogleCall(.delete, path(key)))
      _ = try await finish(operation)
    } catch .missing {
      // Someone else was faster.
    }
  }

  /// Makes a session and waits until it is there.
  ///
  /// - Returns: the session as the operation tells it; an empty map when it does not.
  @discardableResult
  func make(
    _ key: SessionKey, state: SessionState, _ pacing: any WritePacing
  ) async throws(SessionStoreError) -> SessionValue {
    try check(key)
    let body = SessionValue.map([
      "userId": .string(key.user), "sessionState": try encode(state),
      "ttl": .string("\(configuration.timeToLive.components.seconds)s"),
    ]).json
    let call = GoogleCall(
      .post, folder + QueryString.encode([("sessionId", key.id)]), body: body, repetition: .never)
    let operation: SessionValue
    do throws(SessionStoreError) {
      operation = try await write(.session, pacing, call) { () async throws(SessionStoreError) in
        try await session(key, events: .none) != nil
      }
    } catch .missing {
      throw .denied("there is no such Agent Engine")
    }
    do throws(SessionStoreError) { return try await finish(operation) } catch {
      // The answer that told of the end may have got lost, and the operation with it.
      guard case .unavailable = error, try await session(key, events: .none) != nil else {
        throw error
      }
      return .map([:])
    }
  }

  func check(_ key: SessionKey) throws(SessionStoreError) {
    guard SessionIDMap.isAgentEngineID(key.id) else {
      throw .unfit(
        "an id of an Agent Engine session has 1 to 63 of a-z, 0-9 and -, a letter or digit at both ends"
      )
    }
    guard !key.user.isEmpty else { throw .unfit("there is no user") }
  }

  func encode(_ state: SessionState) throws(SessionStoreError) -> SessionValue {
    do throws(SessionValueError) {
      return .map(try StructForm.encode(state.prefixed, at: "state"))
    } catch {
      throw .unfit("\(error)")
    }
  }

  /// An event, ready to be appended.
  struct Append: Sendable {
    let event: SessionEvent
    let body: [UInt8]

    /// - Parameter applied: what of the event's delta changes the state; nil for all of it.
    /// - Throws: `.unfit`.
    init(
      _ event: SessionEvent, applying applied: [String: SessionValue]? = nil, order: Int64
    ) throws(SessionStoreError) {
      self.event = event
      do throws(SessionValueError) {
        body = try AgentEngineEvent.encode(event, applying: applied, order: order).json
      } catch {
        throw .unfit("\(error)")
      }
    }
  }

  func append(
    _ append: Append, to key: SessionKey, _ pacing: any WritePacing
  ) async throws(SessionStoreError) {
    let event = append.event
    let call = GoogleCall(
      .post, path(key) + ":appendEvent", body: append.body, repetition: .never)
    try await write(.append, pacing, call) { () async throws(SessionStoreError) in
      try await readEvents(of: key, .since(event.timestamp)).contains { $0.id == event.id }
    }
  }

  /// Replaces the whole state.
  func patch(
    _ key: SessionKey, state: SessionState, _ pacing: any WritePacing
  ) async throws(SessionStoreError) {
    let body = SessionValue.map(["sessionState": try encode(state)]).json
    try await write(
      .session, pacing,
      GoogleCall(
        .patch, path(key) + "?updateMask=sessionState", body: body, repetition: .never))
  }

  var folder: String { "/v1/\(configuration.resourceName)/sessions" }

  func path(_ key: SessionKey) -> String {
    "\(folder)/\(QueryString.percentEncode(key.id))"
  }

  func call(_ call: GoogleCall) async throws(SessionStoreError) -> SessionValue {
    do throws(GoogleCallError) { return try await client.send(call) } catch {
      throw error.storeError
    }
  }
}
