import Events
import ProgressBusTesting
import Sessions

/// What Google's description of the API (`aiplatform` v1 and v1beta1) says of sessions. A test compares it
/// with the description of 2026-11-06.
public enum AgentEngineDescription {
  public enum Method: String, CaseIterable, Sendable {
    case create, get, list, patch, delete, appendEvent
    case listEvents = "events.list"
    case pollOperation = "operations.get"
  }

  /// Of a method: the parameters of its query.
  public static let parameters: [Method: Set<String>] = [
    .create: ["sessionId"], .get: [], .delete: [], .appendEvent: [], .patch: ["updateMask"],
    .list: ["filter", "orderBy", "pageSize", "pageToken"],
    .listEvents: ["filter", "orderBy", "pageSize", "pageToken"], .pollOperation: [],
  ]

  /// Of every method of every API.
  public static let commonParameters: Set<String> = [
    "$.xgafv", "access_token", "alt", "callback", "fields", "key", "oauth_token", "prettyPrint",
    "quotaUser", "uploadType", "upload_protocol",
  ]

  /// Of a message: the names of its fields.
  public static let fields: [String: Set<String>] = [
    "Session": [
      "createTime", "displayName", "expireTime", "labels", "name", "sessionState", "ttl",
      "updateTime", "userId",
    ],
    "SessionEvent": [
      "actions", "author", "content", "errorCode", "errorMessage", "eventMetadata", "invocationId",
      "name", "rawEvent", "timestamp",
    ],
    "EventActions": [
      "artifactDelta", "escalate", "requestedAuthConfigs", "skipSummarization", "stateDelta",
      "transferAgent",
    ],
    "EventMetadata": [
      "branch", "customMetadata", "groundingMetadata", "inputTranscription", "interrupted",
      "longRunningToolIds", "outputTranscription", "partial", "turnComplete",
    ],
    "Content": ["parts", "role"],
    "Part": [
      "audioTranscription", "codeExecutionResult", "executableCode", "fileData", "functionCall",
      "functionResponse", "inlineData", "mediaResolution", "speechMetadata", "text", "thought",
      "thoughtSignature", "videoMetadata",
    ],
    "FunctionCall": ["args", "id", "name", "partialArgs", "willContinue"],
    "FunctionResponse": ["id", "name", "parts", "response", "scheduling"],
    "Blob": ["data", "displayName", "mimeType"],
    "FileData": ["displayName", "fileUri", "mimeType"],
  ]

  /// Of a session: what only the service writes.
  public static let outputOnly: Set<String> = ["createTime", "updateTime"]
}

/// Requests as the stub reads them.
enum AgentEngineRequest {
  typealias Refusal = AgentEngineStub.Refusal

  /// The body with known names in `camelCase` and numbers as doubles.
  static func body(_ request: RecordedRequest) throws(Refusal) -> [String: SessionValue] {
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

  // MARK: Rules

  static func check(
    _ query: [String: String], of method: AgentEngineDescription.Method
  ) throws(Refusal) {
    let known = AgentEngineDescription.parameters[method]!
      .union(AgentEngineDescription.commonParameters)
    for name in query.keys where !known.contains(name) {
      throw Refusal(
        400, "INVALID_ARGUMENT", "Unknown name \(name): Cannot bind query parameter.")
    }
  }

  static func check(session body: [String: SessionValue]) throws(Refusal) {
    try check(body, "Session")
    for name in AgentEngineDescription.outputOnly where body[name] != nil {
      throw Refusal(400, "INVALID_ARGUMENT", "\(name) is output only")
    }
  }

  /// - Returns: its time.
  static func check(event body: [String: SessionValue]) throws(Refusal) -> Timestamp {
    try check(body, "SessionEvent")
    try check(body["actions"], "EventActions")
    try check(body["eventMetadata"], "EventMetadata")
    try check(body["content"], "Content")
    for part in body["content"]?["parts"]?.elements ?? [] {
      try check(part, "Part")
      try check(part["functionCall"], "FunctionCall")
      try check(part["functionResponse"], "FunctionResponse")
      try check(part["inlineData"], "Blob")
      try check(part["fileData"], "FileData")
    }
    guard body["author"]?.text?.isEmpty == false, body["invocationId"]?.text != nil,
      let time = body["timestamp"]?.text.flatMap({ Timestamp(rfc3339: $0.utf8) })
    else { throw Refusal(400, "INVALID_ARGUMENT", "a required field is missing") }
    return time
  }

  private static func check(_ value: SessionValue?, _ message: String) throws(Refusal) {
    try check(value?.members ?? [:], message)
  }

  private static func check(
    _ body: [String: SessionValue], _ message: String
  ) throws(Refusal) {
    let known = AgentEngineDescription.fields[message]!
    for name in body.keys where !known.contains(name) {
      throw Refusal(400, "INVALID_ARGUMENT", "Unknown name \(name): Cannot find field.")
    }
  }

  // MARK: The query

  static func query(_ text: String) -> [String: String] {
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
