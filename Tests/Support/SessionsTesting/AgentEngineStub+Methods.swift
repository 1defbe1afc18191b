import Events
import ProgressBusTesting
import Sessions
import Synchronization

// The methods of `projects.locations.reasoningEngines.sessions`.
extension AgentEngineStub {
  func perform(_ request: RecordedRequest) throws(Refusal) -> [String: SessionValue] {
    let parts = request.target.split(separator: "?", maxSplits: 1)
    let query = AgentEngineRequest.query(parts.count > 1 ? String(parts[1]) : "")
    var path = String(parts[0])
    for version in ["/v1beta1/", "/v1/"] where path.hasPrefix(version) {
      path.removeFirst(version.count)
    }
    if path.contains("/operations/"), request.method == "GET" { return try poll(path) }
    guard path.hasPrefix(Self.resourceName + "/sessions") else {
      throw Refusal(404, "NOT_FOUND", "no such engine")
    }
    let rest = path.dropFirst((Self.resourceName + "/sessions").count).split(separator: "/")
      .map(String.init)
    let body = try AgentEngineRequest.body(request)
    func check(_ method: AgentEngineDescription.Method) throws(Refusal) {
      try AgentEngineRequest.check(query, of: method)
    }
    switch (request.method, rest.count) {
    case ("POST", 0):
      try check(.create)
      return try create(body, query)
    case ("GET", 0):
      try check(.list)
      return try list(query)
    case ("GET", 1):
      try check(.get)
      return try get(rest[0])
    case ("DELETE", 1):
      try check(.delete)
      return try delete(rest[0])
    case ("PATCH", 1):
      try check(.patch)
      return try patch(rest[0], body, query)
    case ("POST", 1) where rest[0].hasSuffix(":appendEvent"):
      try check(.appendEvent)
      return try append(String(rest[0].dropLast(":appendEvent".count)), body)
    case ("GET", 2) where rest[1] == "events":
      try check(.listEvents)
      return try events(rest[0], query)
    default: throw Refusal(404, "NOT_FOUND", "no such method")
    }
  }

  private func create(
    _ body: [String: SessionValue], _ query: [String: String]
  ) throws(Refusal) -> [String: SessionValue] {
    try AgentEngineRequest.check(session: body)
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
        createTime: now, updateTime: now)
      state.sessions[id] = stored
      state.made.append((state.serial, id))
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
    let size = try Self.pageSize(query)
    // A token is the number of the last session of the page before.
    guard let last = Int(query["pageToken"] ?? (isDescending ? "\(Int.max)" : "0")) else {
      throw Refusal(400, "INVALID_ARGUMENT", "invalid page")
    }
    return state.withLock { state in
      var found: [SessionValue] = []
      var token: Int?
      let made = state.made
      let start = made.partition { isDescending ? $0.serial >= last : $0.serial > last }
      let places =
        isDescending
        ? stride(from: start - 1, through: 0, by: -1)
        : stride(from: start, through: made.count - 1, by: 1)
      for place in places {
        let (serial, id) = made[place]
        guard let stored = state.sessions[id],
          user == nil || stored.user.utf8.elementsEqual(user!.utf8)
        else { continue }
        if found.count == size {
          var page: [String: SessionValue] = ["sessions": .array(found)]
          page["nextPageToken"] = token.map { .string("\($0)") }
          return page
        }
        found.append(.map(Self.describe(id, stored)))
        token = serial
      }
      return ["sessions": .array(found)]
    }
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
    try AgentEngineRequest.check(session: body)
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
    let time = try AgentEngineRequest.check(event: body)
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
    let size = try Self.pageSize(query)
    guard let start = Int(query["pageToken"] ?? "0"), (0...ordered.count).contains(start) else {
      throw Refusal(400, "INVALID_ARGUMENT", "invalid page")
    }
    let end = min(start + size, ordered.count)
    var page: [String: SessionValue] = [
      "sessionEvents": .array(ordered[start..<end].map { .map($0.body) })
    ]
    if end < ordered.count { page["nextPageToken"] = .string("\(end)") }
    return page
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

  private static func pageSize(_ query: [String: String]) throws(Refusal) -> Int {
    guard let size = Int(query["pageSize"] ?? "100"), size > 0 else {
      throw Refusal(400, "INVALID_ARGUMENT", "invalid page")
    }
    return min(size, 100)
  }
}

extension [(serial: Int, id: String)] {
  /// The first place for which `isBehind` is true; it is so for all that follow.
  fileprivate func partition(_ isBehind: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if isBehind(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
