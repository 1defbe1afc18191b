internal import Foundation
public import LocalStack

extension BigQueryEmulator {
  /// The rows of a query, read by Google's own Python client.
  ///
  /// - Throws: `Python.Failure` with what the client said.
  public func rows(_ query: String) async throws -> [[String: PythonValue]] {
    try await rows(ofEach: [query]).first ?? []
  }

  /// The rows of several queries, in their order. Starting Python takes longer than most of them.
  ///
  /// - Throws: `Python.Failure` with what the client said.
  public func rows(ofEach queries: [String]) async throws -> [[[String: PythonValue]]] {
    let output = try await Python.run(
      python, "read_rows.py", [url, project] + queries, input: "")
    return try output.split(separator: "\n").map {
      try JSONDecoder().decode([[String: PythonValue]].self, from: Data($0.utf8))
    }
  }
}
