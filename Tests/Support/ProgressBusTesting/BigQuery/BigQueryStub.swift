/// Runs `body` against a server that stands for BigQuery, stops it, and searches every request that it
/// got for learners in the open.
///
/// - Parameter hashed: the hash columns of BigQuery's tables.
/// - Throws: `LearnerLeaks.Found` when a learner was found, and what `body` throws.
public func withBigQueryStub<Value>(
  hashed: [String: Set<String>] = LearnerLeaks.declaredColumns,
  otherwise: @escaping FaultServer.Script = { _ in .text(200, "") },
  _ body: (FaultServer) async throws -> Value
) async throws -> Value {
  try await withFaultServer(otherwise: otherwise) { server in
    let value = try await body(server)
    try LearnerLeaks.requireNone(in: server.requests, hashed: hashed)
    return value
  }
}
