import Events
import FoundationEssentials
public import ProgressBusTesting
public import Sessions
import Synchronization

/// Stands for Agent Engine's session service (`aiplatform` v1 and v1beta1), as its description has it
/// (`AgentEngineDescription`, which a test compares with Google's) and the requests of ADK's client show it.
///
/// It takes both spellings of names and answers in `camelCase`; refuses members and parameters that the API
/// does not know; keeps numbers as doubles; makes sessions by operations that end at the second question;
/// and gives events of one time back the other way round, since the API promises no order.
public final class AgentEngineStub: Sendable {
  public static let resourceName = "projects/p/locations/us-central1/reasoningEngines/42"

  /// What goes wrong with a request.
  public enum Fault: Sendable {
    /// Answers so, and does nothing. `retryAfter` is in seconds.
    case answer(Int, status: String, retryAfter: Int? = nil)
    /// Does it, and closes the connection in place of an answer.
    case cutAfter
    /// Does nothing, and never answers.
    case hang
    /// Does it once the closure has returned.
    case after(@Sendable () async -> Void)
  }

  /// A request and what was answered.
  public struct Exchange: Sendable {
    public let request: RecordedRequest
    public let status: Int
    public let answer: [UInt8]
  }

  struct Stored {
    var user: String
    var state: [String: SessionValue]
    var ttl: String
    var createTime: String
    var updateTime: String
    var events: [(body: [String: SessionValue], time: Timestamp, serial: Int)] = []
  }

  struct State {
    var sessions: [String: Stored] = [:]
    /// In the order in which they were made; those that are gone stay.
    var made: [(serial: Int, id: String)] = []
    var operations: [String: (polls: Int, result: [String: SessionValue])] = [:]
    var serial = 0
    var requests = 0
    var exchanges: [Exchange] = []
  }

  /// Why a request is not answered with 200.
  struct Refusal: Error {
    let http: Int
    let status: String
    let message: String

    init(_ http: Int, _ status: String, _ message: String) {
      self.http = http
      self.status = status
      self.message = message
    }
  }

  let state = Mutex(State())
  private let delay: Duration
  private let remembersExchanges: Bool
  private let fault: @Sendable (_ request: RecordedRequest, _ number: Int) -> Fault?

  /// - Parameters:
  ///   - remembersExchanges: whether all requests and answers are kept.
  ///   - fault: asked for each request, with its number from 1.
  public init(
    delay: Duration = .zero, remembersExchanges: Bool = false,
    fault: @escaping @Sendable (RecordedRequest, _ number: Int) -> Fault? = { _, _ in nil }
  ) {
    self.delay = delay
    self.remembersExchanges = remembersExchanges
    self.fault = fault
  }

  public var sessionCount: Int { state.withLock { $0.sessions.count } }
  public var eventCount: Int {
    state.withLock { $0.sessions.values.reduce(0) { $0 + $1.events.count } }
  }
  public var requestCount: Int { state.withLock { $0.requests } }
  public var timesToLive: Set<String> { state.withLock { Set($0.sessions.values.map(\.ttl)) } }
  /// All exchanges so far; none when they are not remembered.
  public var exchanges: [Exchange] { state.withLock { $0.exchanges } }

  // MARK: Answers

  /// For `FaultServer`.
  public var script: FaultServer.Script {
    { request in
      let number = self.state.withLock { state in
        state.requests += 1
        return state.requests
      }
      switch self.fault(request, number) {
      case .answer(let http, let status, let retryAfter)?:
        return Self.failure(
          http, status, "as told", retryAfter.map { [("Retry-After", "\($0)")] } ?? [],
          delay: self.delay)
      case .cutAfter?:
        _ = self.answer(request)
        return .cut
      case .hang?: return .hang
      case .after(let body)?:
        return .deferred {
          await body()
          return self.answer(request)
        }
      case nil: return self.answer(request)
      }
    }
  }

  private func answer(_ request: RecordedRequest) -> FaultAnswer {
    do throws(Refusal) {
      let body = SessionValue.map(try perform(request)).json
      if remembersExchanges {
        let exchange = Exchange(request: request, status: 200, answer: body)
        state.withLock { $0.exchanges.append(exchange) }
      }
      return .respond(
        status: 200, headers: [("Content-Type", "application/json")], body: body, delay: delay)
    } catch {
      if remembersExchanges {
        let exchange = Exchange(request: request, status: error.http, answer: [])
        state.withLock { $0.exchanges.append(exchange) }
      }
      return Self.failure(error.http, error.status, error.message, [], delay: delay)
    }
  }

  private static func failure(
    _ http: Int, _ status: String, _ message: String, _ headers: [(String, String)],
    delay: Duration
  ) -> FaultAnswer {
    .json(
      http, #"{"error":{"code":\#(http),"message":"\#(message)","status":"\#(status)"}}"#,
      headers: headers, delay: delay)
  }

  // MARK: Behind everybody's back

  /// Changes what is stored.
  ///
  /// - Parameter body: gets the state and the events, each the body of an append, in order of time.
  /// - Returns: what undoes it.
  @discardableResult
  public func tamper(
    _ id: String,
    _ body: @Sendable (inout [String: SessionValue], inout [[String: SessionValue]]) -> Void
  ) -> @Sendable () -> Void {
    let before = state.withLock { state -> Stored? in
      guard let before = state.sessions[id] else { return nil }
      var stored = before
      stored.events.sort { ($0.time, $0.serial) < ($1.time, $1.serial) }
      var bodies = stored.events.map(\.body)
      body(&stored.state, &bodies)
      stored.events = bodies.enumerated().map { place, body in
        (body, Timestamp(rfc3339: (body["timestamp"]?.text ?? "").utf8)!, place)
      }
      state.sessions[id] = stored
      return before
    }
    return { self.state.withLock { $0.sessions[id] = before } }
  }

  /// - Returns: what undoes it.
  @discardableResult
  public func remove(_ id: String) -> @Sendable () -> Void {
    let before = state.withLock { $0.sessions.removeValue(forKey: id) }
    return { self.state.withLock { $0.sessions[id] = before } }
  }

  /// Makes a session with a state.
  ///
  /// - Throws: when it cannot be.
  public func make(_ key: SessionKey, state: [String: SessionValue]) throws {
    let body = SessionValue.map(["userId": .string(key.user), "sessionState": .map(state)]).json
    _ = try perform(
      RecordedRequest(
        method: "POST", target: "/v1/\(Self.resourceName)/sessions?sessionId=\(key.id)",
        headers: [:], body: body, connection: 0))
  }
}
