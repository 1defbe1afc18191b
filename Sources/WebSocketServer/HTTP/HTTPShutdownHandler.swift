import NIOCore

/// Tells the connection's handler of a shutdown, because the pipelining handler, which closes idle
/// connections and lets the others finish, keeps the news to itself.
final class HTTPShutdownHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = Any

  private let connection: HTTPConnectionHandler

  init(connection: HTTPConnectionHandler) {
    self.connection = connection
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is ChannelShouldQuiesceEvent { connection.shutdownBegan() }
    context.fireUserInboundEventTriggered(event)
  }
}
