internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// A real HTTP/1.1 server on a free port of the loopback that misbehaves as told, and remembers what
/// it was asked.
public final class FaultServer: Sendable {
  /// What a test decides for each request.
  public typealias Script = @Sendable (RecordedRequest) -> FaultAnswer

  private struct State {
    var channel: (any Channel)?
    var connections: [ObjectIdentifier: any Channel] = [:]
    var connectionCount = 0
    var requests: [RecordedRequest] = []
    var next: [FaultAnswer] = []
  }

  public let port: Int
  private let state: NIOLockedValueBox<State>

  /// Where it listens, without a trailing slash.
  public var url: String { "http://127.0.0.1:\(port)" }

  /// Every request so far, in the order in which they came; none when it does not remember them.
  public var requests: [RecordedRequest] { state.withLockedValue { $0.requests } }

  /// The answers to the next requests, before `otherwise` is asked again.
  public func answerNext(_ answers: FaultAnswer...) {
    state.withLockedValue { $0.next += answers }
  }

  /// Starts a server whose requests are answered by what `answerNext` was given, then by `otherwise`.
  ///
  /// - Parameter remembersRequests: false where they would be too many.
  public static func start(
    remembersRequests: Bool = true, otherwise: @escaping Script
  ) async throws -> FaultServer {
    let state = NIOLockedValueBox(State())
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let number = state.withLockedValue { state in
            state.connections[ObjectIdentifier(channel)] = channel
            defer { state.connectionCount += 1 }
            return state.connectionCount
          }
          channel.closeFuture.whenComplete { _ in
            state.withLockedValue { $0.connections[ObjectIdentifier(channel)] = nil }
          }
          let pipeline = channel.pipeline.syncOperations
          try pipeline.addHandler(ByteToMessageHandler(HTTPRequestDecoder()))
          try pipeline.addHandler(
            FaultHandler(connection: number) { request in
              let scripted = state.withLockedValue { state in
                if remembersRequests { state.requests.append(request) }
                return state.next.isEmpty ? nil : state.next.removeFirst()
              }
              return scripted ?? otherwise(request)
            })
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    state.withLockedValue { $0.channel = channel }
    return FaultServer(port: channel.localAddress?.port ?? 0, state: state)
  }

  private init(port: Int, state: NIOLockedValueBox<State>) {
    self.port = port
    self.state = state
  }

  /// Closes the port and every connection.
  public func stop() async {
    let channels = state.withLockedValue { state in
      defer { state.channel = nil }
      return [state.channel].compactMap { $0 } + state.connections.values
    }
    // A connection that the other side has closed already is as good.
    for channel in channels { try? await channel.close() }
  }
}

/// Runs `body` against a fault server, and stops it after.
public func withFaultServer<Value>(
  remembersRequests: Bool = true,
  otherwise: @escaping FaultServer.Script = { _ in .text(200, "") },
  _ body: (FaultServer) async throws -> Value
) async throws -> Value {
  let server = try await FaultServer.start(
    remembersRequests: remembersRequests, otherwise: otherwise)
  do {
    let value = try await body(server)
    await server.stop()
    return value
  } catch {
    await server.stop()
    throw error
  }
}
