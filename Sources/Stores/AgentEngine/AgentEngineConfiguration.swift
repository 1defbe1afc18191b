/// Which Agent Engine keeps the sessions.
public struct AgentEngineConfiguration: Sendable, Equatable {
  /// `projects/P/locations/L/reasoningEngines/E`.
  public var resourceName: String
  /// Without a trailing slash; ends before `/v1`.
  public var baseURL: String
  /// How long a session is kept, from its making. Agent Engine keeps one for 365 days when nothing is said.
  public var timeToLive: Duration
  /// How long the making of a session may take.
  public var operationTimeout = Duration.seconds(60)

  /// - Parameter endpoint: a full base URL in place of Google's.
  /// - Throws: when the name is none of a reasoning engine, or does not end with `id`.
  public init(
    id: String, resourceName: String, endpoint: String? = nil,
    timeToLive: Duration = .seconds(365 * 86_400)
  ) throws(AgentEngineNameError) {
    let parts = resourceName.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 6, parts[0] == "projects", parts[2] == "locations",
      parts[4] == "reasoningEngines",
      [parts[1], parts[3], parts[5]].allSatisfy({ part in
        !part.isEmpty
          && part.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
              UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
              UInt8(ascii: "."), UInt8(ascii: ":"):
              true
            default: false
            }
          }
      })
    else {
      throw AgentEngineNameError("must have the form projects/P/locations/L/reasoningEngines/E")
    }
    guard parts[5] == id else {
      throw AgentEngineNameError("names another engine than AGENT_ENGINE_ID")
    }
    self.resourceName = resourceName
    self.timeToLive = timeToLive
    var base = endpoint ?? "https://\(parts[3])-aiplatform.googleapis.com"
    while base.hasSuffix("/") { base.removeLast() }
    baseURL = base
  }
}

/// `AGENT_ENGINE_RESOURCE_NAME` is malformed.
public struct AgentEngineNameError: Error, Sendable, Equatable, CustomStringConvertible {
  public let description: String

  init(_ description: String) { self.description = description }
}
