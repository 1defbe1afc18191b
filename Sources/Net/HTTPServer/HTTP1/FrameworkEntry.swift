public import HummingbirdCore
public import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// One connection as Hummingbird's server holds it.
public struct HTTPServerConnection: ServerChildChannelValue {
  public let channel: any Channel
  /// Nil once the connection has closed without a request for Hummingbird.
  let framework: EventLoopFuture<NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>?>
}

/// The end of the pipeline, where Hummingbird begins: with the first request that nobody before it has answered. Its
/// stream and writer hold kilobytes, which a WebSocket, or a notebook that only sends events, never needs.
final class FrameworkEntry: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart

  private let isSecure: Bool
  private var promise: EventLoopPromise<NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>?>?
  let opened: EventLoopFuture<NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>?>

  init(isSecure: Bool, eventLoop: any EventLoop) {
    self.isSecure = isSecure
    let promise = eventLoop.makePromise(
      of: NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>?.self)
    self.promise = promise
    opened = promise.futureResult
  }

  deinit {
    // It may never have come into the pipeline of a connection that closed at once.
    promise?.succeed(nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if let promise {
      self.promise = nil
      do {
        try context.pipeline.syncOperations.addHandler(HTTP1ToHTTPServerCodec(secure: isSecure))
        promise.succeed(
          try NIOAsyncChannel(
            wrappingChannelSynchronously: context.channel,
            configuration: .init(isOutboundHalfClosureEnabled: true)))
      } catch {
        promise.succeed(nil)
        return context.close(promise: nil)
      }
    }
    context.fireChannelRead(data)
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    promise?.succeed(nil)
    promise = nil
  }
}
