import Events
import FoundationEssentials
public import ProgressBusTesting
public import Sessions
import Synchronization

/// Stands for Agent Engine's session service (`aiplatform` v1 and v1beta1), as far as its description and
/// the requests of ADK's client show it.
///
/// It takes both spellings of names and answers in `camelCase`; refuses members that the API does not know;
/// keeps numbers as doubles; makes sessions by operations that end at the second question; and gives
/// events of one time back the other way round, since the API promises no order.
public final class AgentEngineStub: Sendable {
  public static let resourceName = "projects/p/locations/us-central1/reasoningEngines/42"

  /// What goes wrong with a request.
  public enum Fault: Sendable {
    /// Answers so, and does nothing.
    case answer(Int, status: String)
    /// Does it, and closes the connection in place of an answer.
    case cutAfter
  }

  struct Stored {
    var user: String
    var state: [String: SessionValue]
    var ttl: String
    var createTime: String
    var updateTime: String
    var serial: Int
    var events: [(body: [String: SessionValue], time: Timestamp, serial: Int)] = []
  }

  struct State {
    var sessions: [String: Stored] = [:]
    var operations: [String: (polls: Int, result: [String: SessionValue])] = [:]
    var serial = 0
    var requests = 0
  }

  let state = Mutex(State())
  private let delay: Duration
  private let fault: @Sendable (_ request: RecordedRequest, _ number: Int) -> Fault?

  /// - Parameter fault: asked for each request, with its number from 1.
  public init(
    delay: Duration = .zero,
    fault: @escaping @Sendable (RecordedRequest, _ number: Int) -> Fault? = { _, _ in nil }
  ) {
    self.delay = delay
    self.fault = fault
  }

  public var sessionCount: Int { state.withLock { $0.sessions.count } }
  public var eventCount: Int {
    state.withLock { $0.sessions.values.reduce(0) { $0 + $1.events.count } }
  }
  public var requestCount: Int { state.withLock { $0.requests } }
  public var timesToLive: Set<String> { state.withLock { Set($0.sessions.values.map(\.ttl)) } }

  /// For `FaultServer`.
  public var script: FaultServer.Script {
    { request in
      let number = self.state.withLock { state in
        state.requests += 1
        return state.requests
      }
      switch self.fault(request, number) {
      case .answer(let http, let status)?:
        return Self.failure(http, status, "as told", delay: self.delay)
      case .cutAfter?:
        _ = self.answer(request)
        return .cut
      case nil: return self.answer(request)
      }
    }
  }

  /// Changes what is stored behind everybody's back.
  ///
  /// - Parameter body: gets the state and the events, each the body of an append, in order of time.
  public func tamper(
    _ id: String,
    _ body: @Sendable (inout [String: SessionValue], inout [[String: SessionValue]]) -> Void
  ) {
    state.withLock { state in
      guard var stored = state.sessions[id] else { return }
      stored.events.sort { ($0.time, $0.serial) < ($1.time, $1.serial) }
      var bodies = stored.events.map(\.body)
      body(&stored.state, &bodies)
      stored.events = bodies.enumerated().map { place, body in
        (body, Timestamp(rfc3339: (body["timestamp"]?.text ?? "").utf8)!, place)
      }
      state.sessions[id] = stored
    }
  }

  public func remove(_ id: String) { state.withLock { $0.sessions[id] = nil } }

  private struct Refusal: Error {
    let http: Int
    let status: String
    let message: String

    init(_ http: Int, _ status: String, _ message: String) {
      self.http = http
      self.status = status
      self.message = message
    }
  }

  private func answer(_ request: RecordedRequest) -> FaultAnswer {
    do throws(Refusal) {
      let value = try perform(request)
      return .respond(
        status: 200, headers: [("Content-Type", "application/json")],
        body: SessionValue.map(value).json, delay: delay)
    } catch {
      return Self.failure(error.http, error.status, error.message, delay: delay)
    }
  }

  private static func failure(
    _ http: Int, _ status: String, _ message: String, delay: Duration
  ) -> FaultAnswer {
    .json(
      http, #"{"error":{"code":\#(http),"message":"\#(message)","status":"\#(status)"}}"#,
      delay: delay)
  }

  private func perform(
    _ request: RecordedRequest
  ) throws(Refusal) -> [String: SessionValue] {
    let parts = request.target.split(separator: "?", maxSplits: 1)
    let query = Self.query(parts.count > 1 ? String(parts[1]) : "")
    var path = String(parts[0])
    for version in ["/v1beta1/", "/v1/"] where path.hasPrefix(version) {
      path.removeFirst(version.count)
    }
    let resource = Self.resourceName
    if path.contains("/operations/"), request.method == "GET" { return try poll(path) }
    guard path.hasPrefix(resource + "/sessions") else {
      throw Refusal(404, "NOT_FOUND", "no such engine")
    }
    let rest = path.dropFirst((resource + "/sessions").count).split(separator: "/").map(String.init)
    let body = try Self.body(request)
    switch (request.method, rest.count) {
    case ("POST", 0): return try create(body, query)
    case ("GET", 0): return try list(query)
    case ("GET", 1): return try get(rest[0])
    case ("DELETE", 1): return try delete(rest[0])
    case ("PATCH", 1): return try patch(rest[0], body, query)
    case ("POST", 1) where rest[0].hasSuffix(":appendEvent"):
      return try append(String(rest[0].dropLast(":appendEvent".count)), body)
    case ("GET", 2) where rest[1] == "events": return try events(rest[0], query)
    default: throw Refusal(404, "NOT_FOUND", "no such method")
    }
  }

  // MARK: Methods

  private func create(
    _ body: [String: SessionValue], _ query: [String: String]
  ) throws(Refusal) -> [String: SessionValue] {
    try Self.check(body, ["userId", "sessionState", "ttl", "displayName", "labels"])
    guard let user = body["userId"]?.text, !user.isEmpty else {
      throw Refusal(400, "INVALID_ARGUMENT", "userId is required")
    }
    let result = state.withLock { state -> Result<[String: SessionValue], Refusal> in
      state.serial += 1
      let id = query["sessionId"] ?? "\(1_000_000 + state.serial)"
      guard SessionIDMap.isAgentEngineID(id) else {
        return .failure(Refusal(400, "INVALID_ARGUMENT", "invalid session id"))
      }
      guard state.sessions[id] == nil else {
        return .failure(Refusal(409, "ALREADY_EXISTS", "the session exists"))
      }
      let now = Timestamp.now().description
      let stored = Stored(
        user: user, state: body["sessionState"]?.members ?? [:], ttl: body["ttl"]?.text ?? "",
        createTime: now, updateTime: now, serial: state.serial)
      state.sessions[id] = stored
      let operation = "\(Self.resourceName)/sessions/\(id)/operations/\(state.serial)"
      state.operations[operation] = (0, ["response": .map(Self.describe(id, stored))])
      return .success(["name": .string(operation)])
    }
    return try result.get()
  }

  private func poll(_ name: String) throws(Refusal) -> [String: SessionValue] {
    let result = state.withLock { state -> [String: SessionValue]? in
      guard var operation = state.operations[name] else { return nil }
      operation.polls += 1
      // Nobody asks again once it is done.
      state.operations[name] = operation.polls > 1 ? nil : operation
      guard operation.polls > 1 else { return ["name": .string(name)] }
      return operation.result.merging([
        "name": .string(name), "done": .boolean(true),
      ]) { $1 }
    }
    guard let result else { throw Refusal(404, "NOT_FOUND", "no such operation") }
    return result
  }

  private func get(_ id: String) throws(Refusal) -> [String: SessionValue] {
    guard let found = state.withLock({ $0.sessions[id] }) else { throw Self.missing }
    return Self.describe(id, found)
  }

  private func list(_ query: [String: String]) throws(Refusal) -> [String: SessionValue] {
    var user: String?
    if let filter = query["filter"], !filter.isEmpty {
      guard filter.hasPrefix("user_id=\""), filter.hasSuffix("\"") else {
        throw Refusal(400, "INVALID_ARGUMENT", "invalid filter")
      }
      user = String(filter.dropFirst(9).dropLast()).replacing("\\\"", with: "\"")
        .replacing("\\\\", with: "\\")
    }
    let isDescending = query["orderBy"] == "create_time desc"
    let all = state.withLock { state in
      state.sessions.filter { user == nil || $0.value.user.utf8.elementsEqual(user!.utf8) }
        .sorted {
          isDescending ? $0.value.serial > $1.value.serial : $0.value.serial < $1.value.serial
        }
    }
    return try Self.page(
      all.map { .map(Self.describe($0.key, $0.value)) }, "sessions", query)
  }

  private func delete(_ id: String) throws(Refusal) -> [String: SessionValue] {
    let operation = state.withLock { state -> String? in
      guard state.sessions.removeValue(forKey: id) != nil else { return nil }
      state.serial += 1
      let name = "\(Self.resourceName)/sessions/\(id)/operations/\(state.serial)"
      state.operations[name] = (0, ["response": .map([:])])
      return name
    }
    guard let operation else { throw Self.missing }
    return ["name": .string(operation)]
  }

  private func patch(
    _ id: String, _ body: [String: SessionValue], _ query: [String: String]
  ) throws(Refusal) -> [String: SessionValue] {
    try Self.check(body, ["sessionState", "displayName", "labels", "ttl"])
    guard query["updateMask"] == "sessionState" else {
      throw Refusal(400, "INVALID_ARGUMENT", "invalid mask")
    }
    let found = state.withLock { state -> Stored? in
      state.sessions[id]?.state = body["sessionState"]?.members ?? [:]
      state.sessions[id]?.updateTime = Timestamp.now().description
      return state.sessions[id]
    }
    guard let found else { throw Self.missing }
    return Self.describe(id, found)
  }

  private func append(
    _ id: String, _ body: [String: SessionValue]
  ) throws(Refusal) -> [String: SessionValue] {
    try Self.check(
      body,
      [
        "author", "invocationId", "timestamp", "content", "actions", "eventMetadata", "errorCode",
        "errorMessage", "rawEvent",
      ])
    for part in body["content"]?["parts"]?.elements ?? [] {
      try Self.check(
        part.members ?? [:],
        [
          "audioTranscription", "codeExecutionResult", "executableCode", "fileData",
          "functionCall", "functionResponse", "inlineData", "mediaResolution", "speechMetadata",
          "text", "thought", "thoughtSignature", "videoMetadata",
        ])
    }
    guard body["author"]?.text?.isEmpty == false, body["invocationId"]?.text != nil,
      let time = body["timestamp"]?.text.flatMap({ Timestamp(rfc3339: $0.utf8) })
    else { throw Refusal(400, "INVALID_ARGUMENT", "a required field is missing") }
    let isFound = state.withLock { state -> Bool in
      guard var stored = state.sessions[id] else { return false }
      state.serial += 1
      var event = body
      event["name"] = .string("\(Self.resourceName)/sessions/\(id)/events/\(state.serial)")
      stored.events.append((event, time, state.serial))
      for (key, value) in body["actions"]?["stateDelta"]?.members ?? [:] {
        stored.state[key] = value
      }
      stored.updateTime = Timestamp.now().description
      state.sessions[id] = stored
      return true
    }
    guard isFound else { throw Self.missing }
    return [:]
  }

  private func events(
    _ id: String, _ query: [String: String]
  ) throws(Refusal) -> [String: SessionValue] {
    guard let found = state.withLock({ $0.sessions[id] }) else { throw Self.missing }
    var since: Timestamp?
    if let filter = query["filter"], !filter.isEmpty {
      guard filter.hasPrefix("timestamp>=\""), filter.hasSuffix("\""),
        let moment = Timestamp(rfc3339: filter.dropFirst(12).dropLast().utf8)
      else { throw Refusal(400, "INVALID_ARGUMENT", "invalid filter") }
      since = moment
    }
    let ordered = found.events.filter { since == nil || $0.time >= since! }
      .sorted { $0.time == $1.time ? $0.serial > $1.serial : $0.time < $1.time }
    return try Self.page(ordered.map { .map($0.body) }, "sessionEvents", query)
  }

  // MARK: Forms

  private static let missing = Refusal(404, "NOT_FOUND", "no such session")

  private static func describe(_ id: String, _ stored: Stored) -> [String: SessionValue] {
    [
      "name": .string("\(resourceName)/sessions/\(id)"), "userId": .string(stored.user),
      "sessionState": .map(stored.state), "createTime": .string(stored.createTime),
      "updateTime": .string(stored.updateTime),
      "expireTime": .string("2099-01-01T00:00:00Z"),
    ]
  }

  private static func page(
    _ all: [SessionValue], _ member: String, _ query: [String: String]
  ) throws(Refusal) -> [String: SessionValue] {
    let size = min(query["pageSize"].flatMap { Int($0) } ?? 100, 100)
    guard let start = Int(query["pageToken"] ?? "0"), start <= all.count, size > 0 else {
      throw Refusal(400, "INVALID_ARGUMENT", "invalid page")
    }
    let end = min(start + size, all.count)
    var page: [String: SessionValue] = [member: .array(Array(all[start..<end]))]
    if end < all.count { page["nextPageToken"] = .string("\(end)") }
    return page
  }

  private static func check(
    _ body: [String: SessionValue], _ known: Set<String>
  ) throws(Refusal) {
    for name in body.keys where !known.contains(name) {
      throw Refusal(400, "INVALID_ARGUMENT", "Unknown name \(name): Cannot find field.")
    }
  }

  /// The body with known names in `camelCase` and numbers as doubles.
  private static func body(_ request: RecordedRequest) throws(Refusal) -> [String: SessionValue] {
    guard !request.body.isEmpty else { return [:] }
    guard let object = (try? SessionValue(json: request.body))?.members else {
      throw Refusal(400, "INVALID_ARGUMENT", "Invalid JSON payload received.")
    }
    var body = object
    for (old, new) in [("user_id", "userId"), ("session_state", "sessionState")] {
      if let value = body.removeValue(forKey: old) { body[new] = value }
    }
    if body["timestamp"] != nil || body["author"] != nil {
      let raw = body.removeValue(forKey: "rawEvent") ?? body.removeValue(forKey: "raw_event")
      body = EventNames.camelCased(body)
      body["rawEvent"] = raw
    }
    for name in ["sessionState", "rawEvent", "actions"] { body[name] = body[name].map(doubles) }
    return body
  }

  /// As a Struct has them.
  private static func doubles(_ value: SessionValue) -> SessionValue {
    switch value {
    case .integer(let integer): .double(Double(integer))
    case .array(let elements): .array(elements.map(doubles))
    case .map(let members): .map(members.mapValues(doubles))
    default: value
    }
  }

  private static func query(_ text: String) -> [String: String] {
    var query: [String: String] = [:]
    for item in text.split(separator: "&") {
      let pair = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      query[decode(pair[0])] = pair.count > 1 ? decode(pair[1]) : ""
    }
    return query
  }

  private static func decode(_ text: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2,
        let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        bytes.append(value)
        rest.removeFirst(2)
      } else {
        bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
