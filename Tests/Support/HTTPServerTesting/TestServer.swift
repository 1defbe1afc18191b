public import HTTPServer
public import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle

/// Runs `body` against a server on a free port, then shuts it down gracefully.
public func withServer<Result: Sendable>(
  configuration: HTTPServerChannelConfiguration = .init(),
  webSocketConfiguration: WebSocketConfiguration = .init(),
  earlyHandlers: @escaping HTTPServerChannel.EarlyHandlers = { _ in [] },
  webSockets: [WebSocketRoute] = [],
  _ body:
    @escaping @Sendable (_ port: Int, _ shutdown: @escaping @Sendable () async -> Void)
    async throws -> Result
) async throws -> Result {
  let router = Router()
  router.get("/hello") { _, _ in "hello" }
  router.post("/echo") { request, _ in
    String(buffer: try await request.body.collect(upTo: 1 << 20))
  }
  return try await withApplication(
    router,
    .webSocketUpgrade(
      configuration: configuration, webSocketConfiguration: webSocketConfiguration,
      earlyHandlers: earlyHandlers, webSockets: webSockets), body)
}

/// Runs `body` with a client of a server that has the routes.
public func withRouter<Context: RequestContext, Result: Sendable>(
  _ router: Router<Context>,
  _ body: @escaping @Sendable (RouterClient) async throws -> Result
) async throws -> Result where Context.Source == ApplicationRequestContextSource {
  try await withApplication(router, .webSocketUpgrade()) { port, _ in
    try await body(RouterClient(port: port))
  }
}

/// Asks a server, each time on a connection of its own.
public struct RouterClient: Sendable {
  public let port: Int

  /// - Parameters:
  ///   - target: as it is sent: path and query, percent-encoded.
  ///   - fields: beside `Host`, which is `localhost` unless it is among them.
  public func send(
    _ method: String = "GET", _ target: String, _ fields: [(String, String)] = [],
    body: String = ""
  ) async throws -> RawClient.Response {
    var fields = fields
    if !fields.contains(where: { $0.0.lowercased() == "host" }) {
      fields.append(("Host", "localhost"))
    }
    fields.append(("Connection", "close"))
    if !body.isEmpty { fields.append(("Content-Length", String(body.utf8.count))) }
    let head = fields.map { "\($0): \($1)\r\n" }.joined()
    let client = try await RawClient(port: port)
    defer { client.close() }
    try await client.send("\(method) \(target) HTTP/1.1\r\n\(head)\r\n\(body)")
    return try await client.response(hasBody: method != "HEAD")
  }

  public func get(
    _ target: String, _ fields: [(String, String)] = []
  ) async throws -> RawClient.Response {
    try await send("GET", target, fields)
  }
}

private func withApplication<Context: RequestContext, Result: Sendable>(
  _ router: Router<Context>, _ server: HTTPServerBuilder,
  _ body:
    @escaping @Sendable (_ port: Int, _ shutdown: @escaping @Sendable () async -> Void)
    async throws -> Result
) async throws -> Result where Context.Source == ApplicationRequestContextSource {
  var logger = Logger(label: "test")
  logger.logLevel = .critical
  let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
  let application = Application(
    router: router, server: server,
    configuration: .init(address: .hostname("127.0.0.1", port: 0)),
    onServerRunning: { channel in continuation.yield(channel.localAddress!.port!) },
    logger: logger)
  let services = ServiceGroup(services: [application], logger: logger)
  return try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask { try await services.run() }
    var iterator = ports.makeAsyncIterator()
    let port = await iterator.next()!
    let result = try await body(port) { await services.triggerGracefulShutdown() }
    await services.triggerGracefulShutdown()
    try await group.waitForAll()
    return result
  }
}
