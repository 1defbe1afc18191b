import HTTPServer
import NIOCore
import NIOHTTP1

/// Stands for the connection where there is none: writes a whole response part by part.
final class WholeResponseUnfolder: ChannelOutboundHandler {
  typealias OutboundIn = HTTPServerResponsePart
  typealias OutboundOut = HTTPServerResponsePart

  func triggerUserOutboundEvent(
    context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?
  ) {
    guard let response = event as? HTTPWholeResponse else {
      return context.triggerUserOutboundEvent(event, promise: promise)
    }
    for part in response.parts { context.write(wrapOutboundOut(part), promise: nil) }
    context.flush()
    promise?.succeed()
  }
}
