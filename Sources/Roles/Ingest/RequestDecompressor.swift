import NIOCore
import NIOHTTP1
import NIOHTTPCompression

/// Unpacks gzip and deflate bodies of the ingest endpoint's requests up to a limit; other requests
/// pass by as they are.
final class RequestDecompressor: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart

  private let limit: Int
  private var decompressor: NIOHTTPRequestDecompressor?

  init(limit: Int) {
    self.limit = limit
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if case .head(let head) = unwrapInboundIn(data) {
      decompressor =
        head.headers.contains(name: "content-encoding") && Ingest.answers(head.uri)
        ? NIOHTTPRequestDecompressor(limit: .size(limit)) : nil
    }
    // Called as a part of this handler: it holds no state of the pipeline and sends what it has
    // unpacked on through the context that it is given.
    if let decompressor {
      decompressor.channelRead(context: context, data: data)
    } else {
      context.fireChannelRead(data)
    }
  }
}
