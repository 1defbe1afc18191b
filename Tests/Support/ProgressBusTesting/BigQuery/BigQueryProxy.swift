internal import CurlTransport
internal import HTTPTypes

/// What stands between the mirror and an emulator.
public struct BigQueryProxy: Sendable {
  /// Changes the body of a request before the emulator gets it.
  public var rewrite: @Sendable (RecordedRequest) -> [UInt8] = { $0.body }
  /// Sees the emulator's answer before the mirror does; returns what the mirror gets.
  public var intercept: @Sendable (RecordedRequest, FaultAnswer) async -> FaultAnswer = { $1 }

  public init() {}
}

/// Runs `body` with a proxy in front of the emulator at `url`, and searches every request that passed
/// for learners in the open.
///
/// - Throws: `LearnerLeaks.Found`, and what `body` throws.
public func withBigQueryProxy<Value>(
  to url: String, _ proxy: BigQueryProxy = BigQueryProxy(),
  _ body: (FaultServer) async throws -> Value
) async throws -> Value {
  let transport = CurlTransport()
  @Sendable func forward(_ request: RecordedRequest) async -> FaultAnswer {
    var headers: HTTPFields = [:]
    headers[.contentType] = request.headers["content-type"]
    guard let method = HTTPRequest.Method(rawValue: request.method),
      let answer = try? await transport.send(
        TransportRequest(
          method, url + request.target, headers: headers, body: proxy.rewrite(request),
          timeout: .seconds(120)))
      // The emulator is away: so is what stands for BigQuery.
    else { return .cut }
    return await proxy.intercept(
      request,
      .respond(
        status: answer.status, headers: [("Content-Type", "application/json")], body: answer.body))
  }
  do {
    let forwarding: FaultServer.Script = { request in .deferred { await forward(request) } }
    let value = try await withBigQueryStub(otherwise: forwarding) { try await body($0) }
    await transport.shutdown()
    return value
  } catch {
    await transport.shutdown()
    throw error
  }
}
