import Events
import Sessions

/// A `SessionEvent` of the API, written and read.
///
/// The whole event stands in `rawEvent`, as ADK writes it and reads it first. What the API has fields for
/// stands in them, too, for readers that know no `rawEvent`.
enum AgentEngineEvent {
  /// A member of `rawEvent` that grows with each append: the API promises no order of events of one time.
  private static let orderMember = "appendOrder"

  /// Parts and their members that the API knows (`GoogleCloudAiplatformV1Part`). It refuses a request with
  /// any other.
  static let partMembers: Set<String> = [
    "audioTranscription", "codeExecutionResult", "executableCode", "fileData", "functionCall",
    "functionResponse", "inlineData", "mediaResolution", "speechMetadata", "text", "thought",
    "thoughtSignature", "videoMetadata",
  ]
  static let callMembers: [String: Set<String>] = [
    "functionCall": ["args", "id", "name", "partialArgs", "willContinue"],
    "functionResponse": ["id", "name", "parts", "response", "scheduling"],
    "inlineData": ["data", "displayName", "mimeType"],
    "fileData": ["displayName", "fileUri", "mimeType"],
  ]
  static let metadataMembers = [
    "turnComplete", "interrupted", "branch", "customMetadata", "longRunningToolIds",
    "groundingMetadata",
  ]
  static let actionMembers = [
    "stateDelta", "artifactDelta", "escalate", "skipSummarization", "requestedAuthConfigs",
  ]

  /// - Parameters:
  ///   - applied: what the service shall change in the state, in place of the event's whole delta, which
  ///     stands in `rawEvent`; nil for all of it.
  ///   - order: larger than that of each event before it.
  /// - Throws: what the API cannot hold.
  static func encode(
    _ event: SessionEvent, applying applied: [String: SessionValue]? = nil, order: Int64
  ) throws(SessionValueError) -> SessionValue {
    var raw = try StructForm.encode(event.object, at: "event")
    raw[orderMember] = .integer(order)
    var body: [String: SessionValue] = [
      "author": .string(event.author), "invocationId": .string(event.invocationID),
      "timestamp": .string(event.timestamp.description),
    ]
    for name in ["errorCode", "errorMessage"] { body[name] = raw[name] }
    if let content = raw["content"]?.members { body["content"] = known(content: content) }
    if let actions = raw["actions"]?.members {
      var named = actions.filter { actionMembers.contains($0.key) }
      named["transferAgent"] = actions["transferToAgent"]
      if let applied, let delta = named["stateDelta"]?.members {
        named["stateDelta"] = .map(delta.filter { applied[$0.key] != nil })
      }
      body["actions"] = .map(named)
    }
    let metadata = raw.filter { metadataMembers.contains($0.key) }
    if !metadata.isEmpty { body["eventMetadata"] = .map(metadata) }
    body["rawEvent"] = .map(raw)
    return .map(body)
  }

  private static func known(content: [String: SessionValue]) -> SessionValue {
    var known = content.filter { $0.key == "role" || $0.key == "parts" }
    if let parts = content["parts"]?.elements {
      known["parts"] = .array(
        parts.map { part in
          guard let members = part.members else { return part }
          var kept = members.filter { partMembers.contains($0.key) }
          for (name, names) in callMembers {
            if let call = kept[name]?.members {
              kept[name] = .map(call.filter { names.contains($0.key) })
            }
          }
          return .map(kept)
        })
    }
    return .map(known)
  }

  /// An event of an answer, and its place among those of its time.
  ///
  /// - Throws: why it is no event.
  static func decode(
    _ value: SessionValue
  ) throws(SessionValueError) -> (event: SessionEvent, order: Int64) {
    let timestamp = value["timestamp"]?.text.flatMap { Timestamp(rfc3339: $0.utf8) }
    let id = value["name"]?.text?.split(separator: "/").last.map(String.init)
    guard case .map(var object)? = value["rawEvent"].map(StructForm.decode), !object.isEmpty else {
      return (
        try SessionEvent(object: legacy(value), id: id, timestamp: timestamp), 0
      )
    }
    let order = object.removeValue(forKey: orderMember)?.number ?? 0
    // As ADK does: these three from outside.
    for name in ["author", "invocationId"] { object[name] = value[name] ?? object[name] }
    return (
      try SessionEvent(object: object, id: id, timestamp: timestamp), Int64(exactly: order) ?? 0
    )
  }

  /// An event that was written without `rawEvent`.
  private static func legacy(_ value: SessionValue) -> [String: SessionValue] {
    var object: [String: SessionValue] = [:]
    for name in ["author", "invocationId", "content", "errorCode", "errorMessage"] {
      object[name] = value[name]
    }
    var actions = value["actions"]?.members ?? [:]
    actions["transferToAgent"] = actions.removeValue(forKey: "transferAgent")
    object["actions"] = .map(actions)
    object.merge(value["eventMetadata"]?.members ?? [:]) { $1 }
    if case .map(let decoded) = StructForm.decode(.map(object)) { return decoded }
    return object
  }
}
