public import HTTPServer
import Hummingbird
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
  var logger = Logger(label: "test")
  logger.logLevel = .critical
  let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
  let application = Application(
    router: router,
    server: .webSocketUpgrade(
      configuration: configuration, webSocketConfiguration: webSocketConfiguration,
      earlyHandlers: earlyHandlers, webSockets: webSockets),
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
