import AgentEngine
import Concurrency
import CurlTransport
import GoogleCalls
import ProgressBusTesting
import Sessions
import SessionsTesting

/// Runs `body` with a store over a stub.
func withAgentEngine<Value: Sendable>(
  _ stub: AgentEngineStub = AgentEngineStub(),
  _ body: (AgentEngineSessionStore, FaultServer) async throws -> Value
) async throws -> Value {
  try await withFaultServer(otherwise: stub.script) { server in
    try await withStore(server) { try await body($0, server) }
  }
}

/// Runs `body` with a store over any server.
func withStore<Value: Sendable>(
  _ server: FaultServer, _ body: (AgentEngineSessionStore) async throws -> Value
) async throws -> Value {
  let transport = CurlTransport(CurlConfiguration(connectionsPerHost: 16))
  let configuration = try AgentEngineConfiguration(
    id: "42", resourceName: AgentEngineStub.resourceName, endpoint: server.url + "/")
  let quick = Backoff(first: .milliseconds(1), longest: .milliseconds(5))
  let store = AgentEngineSessionStore(
    client: GoogleClient(
      baseURL: configuration.baseURL, transport: transport, authorization: nil, backoff: quick),
    configuration: configuration, retryDelay: quick)
  do {
    let value = try await body(store)
    await transport.shutdown()
    return value
  } catch {
    await transport.shutdown()
    throw error
  }
}
