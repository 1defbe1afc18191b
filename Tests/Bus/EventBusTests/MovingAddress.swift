import NIOCore
import NIOPosix

/// One address that leads to one server now and to another later, as a virtual IP or a proxy does.
/// Connections that stand stay where they are.
final class MovingAddress: Sendable {
  private let listener: any Channel
  private let target: NIOLoopBoundBox<Int>

  var url: String { "redis://127.0.0.1:\(listener.localAddress?.port ?? 0)" }

  private init(listener: any Channel, target: NIOLoopBoundBox<Int>) {
    self.listener = listener
    self.target = target
  }

  /// - Parameter port: where it leads at first, on 127.0.0.1.
  static func start(leadingTo port: Int) async throws -> MovingAddress {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let target = NIOLoopBoundBox.makeBoxSendingValue(port, eventLoop: loop)
    // All on one loop, so that two ends may write to each other.
    let listener = try await ServerBootstrap(group: loop)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { near in
        ClientBootstrap(group: loop).connect(host: "127.0.0.1", port: target.value)
          .flatMapThrowing { far in
            try near.pipeline.syncOperations.addHandler(Relay(to: far))
            try far.pipeline.syncOperations.addHandler(Relay(to: near))
          }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    return MovingAddress(listener: listener, target: target)
  }

  /// From now on, new connections lead to `port`.
  func move(to port: Int) async throws {
    try await listener.eventLoop.submit { self.target.value = port }.get()
  }

  func close() async throws { try await listener.close() }
}

/// Hands on what one end says to the other.
private final class Relay: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let other: any Channel

  init(to other: any Channel) { self.other = other }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    other.writeAndFlush(unwrapInboundIn(data), promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    other.close(promise: nil)
    context.fireChannelInactive()
  }
}
