import ProgressBusTesting
import Sessions
import SessionsTesting
import Testing

@testable import AgentEngine

/// The stub, and what the store sends, against Google's description of the API.
@Suite(.tags(.servers)) struct StubDescriptionTests {
  typealias Method = AgentEngineDescription.Method

  @Test(
    .enabled(if: ADKEnvironment.isInstalled, ADKEnvironment.missing), arguments: ["v1", "v1beta1"])
  func theStubTakesWhatGoogleDescribesAndNothingElse(version: String) async throws {
    let described = try await GoogleDescription.sessions(version: version)
    for method in Method.allCases {
      #expect(
        described.methods[method.rawValue]?.parameters
          == AgentEngineDescription.parameters[method], "\(method)")
    }
    #expect(described.commonParameters == AgentEngineDescription.commonParameters)
    for (message, fields) in AgentEngineDescription.fields {
      // In v1beta1 a part may have `mediaProcessing`, too.
      let more: Set<String> = version == "v1beta1" && message == "Part" ? ["mediaProcessing"] : []
      #expect(described.fields[message] == fields.union(more), "\(message)")
    }
    let create = described.methods["create"]
    #expect(create?.http == "POST" && create?.path == "\(version)/{+parent}/sessions")
  }

  /// What the store puts beside `rawEvent`, in v1.
  @Test func theStoreSendsWhatTheAPIKnows() {
    let fields = AgentEngineDescription.fields
    #expect(fields["Part"] == AgentEngineEvent.partMembers)
    for (member, message) in [
      "functionCall": "FunctionCall", "functionResponse": "FunctionResponse",
      "inlineData": "Blob", "fileData": "FileData",
    ] {
      #expect(fields[message] == AgentEngineEvent.callMembers[member], "\(member)")
    }
    #expect(fields["EventMetadata"]!.isSuperset(of: AgentEngineEvent.metadataMembers))
    #expect(fields["EventActions"]!.isSuperset(of: AgentEngineEvent.actionMembers))
  }

  @Test(.enabled(if: ADKEnvironment.isInstalled, ADKEnvironment.missing))
  func whatTheStoreSendsAndTheStubAnswersIsDescribed() async throws {
    var exchanges: [AgentEngineStub.Exchange] = []
    for promise in SessionStoreConformance.allCases {
      let stub = AgentEngineStub(remembersExchanges: true)
      try await withAgentEngine(stub) { store, _ in
        try await promise.check(store, unfit: SessionKey(user: "u", id: "S_1"))
      }
      exchanges += stub.exchanges
    }
    let counts = try await GoogleDescription.check(exchanges)
    #expect(
      Set(counts.keys)
        == Set(
          Method.allCases.map {
            "aiplatform.projects.locations.reasoningEngines.sessions.\($0.rawValue)"
          }))
    #expect(counts.values.reduce(0, +) == exchanges.count)
  }

  @Test(arguments: [
    ("POST", "sessions?sessionId=a&nonsense=1", #"{"userId":"u"}"#),
    ("POST", "sessions?sessionId=a", #"{"userId":"u","app":"x"}"#),
    ("POST", "sessions?sessionId=a", #"{"userId":"u","createTime":"2026-01-01T00:00:00Z"}"#),
    ("POST", "sessions?sessionId=S_1", #"{"userId":"u"}"#),
    ("POST", "sessions?sessionId=a", #"{"sessionState":{}}"#),
    (
      "POST", "sessions/s:appendEvent",
      #"{"author":"a","invocationId":"i","timestamp":"2026-01-01T00:00:00Z","id":"e"}"#
    ),
    (
      "POST", "sessions/s:appendEvent",
      #"{"author":"a","invocationId":"i","timestamp":"2026-01-01T00:00:00Z","content":{"parts":[{"partMetadata":{}}]}}"#
    ),
    ("GET", "sessions?pageSize=none", ""), ("GET", "sessions?filter=user_id:u", ""),
  ])
  func theStubRefusesWhatTheAPIRefuses(method: String, path: String, body: String) async throws {
    let stub = AgentEngineStub(remembersExchanges: true)
    let answer = stub.script(
      RecordedRequest(
        method: method, target: "/v1/\(AgentEngineStub.resourceName)/\(path)", headers: [:],
        body: Array(body.utf8), connection: 0))
    guard case .respond(let status, _, _, _) = answer else {
      Issue.record("\(answer)")
      return
    }
    #expect(status == 400)
  }
}
