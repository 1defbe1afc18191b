import ProgressBusTesting
import Sessions

/// Google's description of Agent Engine, of 2026-11-06, as PyPI's google-api-python-client 2.202.0 has it.
public enum GoogleDescription {
  /// Checks requests and answers against it: paths, methods, parameters, members and their types.
  ///
  /// - Returns: how often each method was checked.
  /// - Throws: `Python.Failure` with all that it does not know.
  public static func check(_ exchanges: [AgentEngineStub.Exchange]) async throws -> [String: Int] {
    let lines = exchanges.map { exchange in
      var line: [String: SessionValue] = [
        "method": .string(exchange.request.method), "path": .string(exchange.request.target),
        "body": .string(exchange.request.text),
      ]
      if exchange.status == 200 {
        line["answer"] = .string(String(decoding: exchange.answer, as: UTF8.self))
      }
      return String(decoding: SessionValue.map(line).json, as: UTF8.self)
    }
    let output = try await Python.run(
      ADKEnvironment.python, "validate_requests.py", [], input: lines.joined(separator: "\n"))
    let counts = try SessionValue(json: output.utf8).members ?? [:]
    return counts.compactMapValues { $0.number.map { Int($0) } }
  }

  public struct Method: Sendable, Equatable {
    public let http: String
    public let path: String
    public let parameters: Set<String>
  }

  /// What it says of sessions.
  public struct Sessions: Sendable {
    public let methods: [String: Method]
    public let commonParameters: Set<String>
    public let fields: [String: Set<String>]
  }

  /// - Parameter version: `v1` or `v1beta1`.
  public static func sessions(version: String) async throws -> Sessions {
    let output = try await Python.run(
      ADKEnvironment.python, "agent_engine_description.py",
      [version] + AgentEngineDescription.fields.keys.sorted(), input: "")
    let description = try SessionValue(json: output.utf8)
    return Sessions(
      methods: (description["methods"]?.members ?? [:]).mapValues {
        Method(
          http: $0["http"]?.text ?? "", path: $0["path"]?.text ?? "",
          parameters: texts($0["parameters"]))
      },
      commonParameters: texts(description["common"]),
      fields: (description["messages"]?.members ?? [:]).mapValues(texts))
  }

  private static func texts(_ value: SessionValue?) -> Set<String> {
    Set((value?.elements ?? []).compactMap(\.text))
  }
}
