import EventBus
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import ProgressBusTesting
import RedisDriver
import Testing

/// A server that reads its data on connections that stood before, as a replica does that takes over another
/// server's.
@Suite(.tags(.servers)) struct LoadingServerTests {
  @Test func aServerThatIsSoonDoneIsNotLeft() async throws {
    try await withBus(loadingGrace: .minutes(5)) { bus, redis in
      redis.isLoading = true
      for _ in 1...5 { #expect(await bus.faults().map(\.fault) == [.loading]) }
      #expect(redis.connections == 2)
      redis.isLoading = false
      try await eventually("the end") { await bus.faults().isEmpty }
    }
  }

  @Test func aServerThatGoesOnLoadingIsLeft() async throws {
    try await withBus(loadingGrace: .milliseconds(300)) { bus, redis in
      redis.isLoading = true
      try await eventually("other connections") {
        _ = try? await bus.journal.state()
        return redis.connections > 2
      }
      redis.isLoading = false
      try await eventually("the end") { await bus.faults().isEmpty }
    }
  }

  private func withBus(
    loadingGrace: TimeAmount, _ body: (RedisEventBus, ScriptedRedis) async throws -> Void
  ) async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let redis = try await ScriptedRedis.start()
    var configuration = RedisEventBusConfiguration(
      location: try RedisLocation(parsing: redis.url)
    ).patient
    configuration.loadingGrace = loadingGrace
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let bus = try await RedisEventBus.start(configuration, on: group, logger: logger)
    // The commands' and the publisher's.
    #expect(redis.connections == 2)
    #expect(await bus.faults().isEmpty)
    try await body(bus, redis)
    bus.close()
    try await redis.close()
    try await group.shutdownGracefully()
  }
}

/// Answers every command in order, by its name.
private final class ScriptedRedis: Sendable {
  private struct State {
    var isLoading = false
    var connections = 0
  }

  private let state: NIOLockedValueBox<State>
  private let listener: any Channel

  var url: String { "redis://127.0.0.1:\(listener.localAddress?.port ?? 0)" }
  /// How many there have been.
  var connections: Int { state.withLockedValue(\.connections) }
  var isLoading: Bool {
    get { state.withLockedValue(\.isLoading) }
    set { state.withLockedValue { $0.isLoading = newValue } }
  }

  private init(state: NIOLockedValueBox<State>, listener: any Channel) {
    self.state = state
    self.listener = listener
  }

  static func start() async throws -> ScriptedRedis {
    let state = NIOLockedValueBox(State())
    let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          state.withLockedValue { $0.connections += 1 }
          try channel.pipeline.syncOperations.addHandler(
            Answers { state.withLockedValue(\.isLoading) })
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    return ScriptedRedis(state: state, listener: listener)
  }

  func close() async throws { try await listener.close() }

  private final class Answers: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let isLoading: () -> Bool
    private var pending = ""

    init(isLoading: @escaping () -> Bool) { self.isLoading = isLoading }

    /// The commands here hold no line breaks but in scripts, whose lengths are told.
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      pending += String(buffer: unwrapInboundIn(data))
      while let (name, rest) = Self.command(pending[...]) {
        pending = String(rest)
        let answer =
          isLoading()
          ? "-LOADING Redis is loading the dataset in memory\r\n"
          : name == "SCRIPT" ? "$40\r\n\(String(repeating: "a", count: 40))\r\n" : "+OK\r\n"
        context.writeAndFlush(NIOAny(ByteBuffer(string: answer)), promise: nil)
      }
    }

    /// The first command's name and what follows it; nil when it has not arrived whole.
    private static func command(_ text: Substring) -> (String, Substring)? {
      var rest = text.utf8[...]
      func line() -> String? {
        guard let end = rest.firstIndex(of: UInt8(ascii: "\r")),
          rest.index(end, offsetBy: 2, limitedBy: rest.endIndex) != nil
        else { return nil }
        defer { rest = rest[rest.index(end, offsetBy: 2)...] }
        return String(rest[..<end])
      }
      guard let head = line(), let count = Int(head.dropFirst()) else { return nil }
      var name: String?
      for _ in 0..<count {
        guard let header = line(), let length = Int(header.dropFirst()),
          let end = rest.index(rest.startIndex, offsetBy: length + 2, limitedBy: rest.endIndex)
        else { return nil }
        if name == nil { name = String(rest.prefix(length)) }
        rest = rest[end...]
      }
      return name.map { ($0, Substring(rest)) }
    }
  }
}
