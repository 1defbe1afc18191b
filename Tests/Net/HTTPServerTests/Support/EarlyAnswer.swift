import HTTPServer
import NIOCore
import NIOHTTP1

/// An early handler: answers `POST /early` with the length of its body, passes on the rest.
final class EarlyAnswer: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  static let handlers: HTTPServerChannel.EarlyHandlers = { _ in [EarlyAnswer()] }

  private var length: Int?

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head) where head.uri == "/early":
      length = 0
    case .body(let bytes) where length != nil:
      length! += bytes.readableBytes
    case .end where length != nil:
      let body = ByteBuffer(string: String(length!))
      length = nil
      let head = HTTPResponseHead(
        version: .http1_1, status: .ok, headers: ["content-length": "\(body.readableBytes)"])
      context.write(wrapOutboundOut(.head(head)), promise: nil)
      context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
      context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    default:
      context.fireChannelRead(data)
    }
  }
}
