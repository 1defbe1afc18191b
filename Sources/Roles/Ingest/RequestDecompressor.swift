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
    var data = data
    if case .head(var head) = unwrapInboundIn(data) {
      decompressor = nil
      if let encoding = packing(of: head) {
        decompressor = NIOHTTPRequestDecompressor(limit: .size(limit))
        // The unpacking handler knows the plain name only.
        head.headers.replaceOrAdd(name: "content-encoding", value: encoding.rawValue)
        data = wrapInboundOut(.head(head))
      }
    }
    // Called as a part of this handler: it holds no state of the pipeline and sends what it has
    // unpacked on through the context that it is given.
    if let decompressor {
      decompressor.channelRead(context: context, data: data)
    } else {
      context.fireChannelRead(data)
    }
  }

  /// Nil for a body that needs no unpacking, or has an encoding that the endpoint refuses.
  private func packing(of head: HTTPRequestHead) -> BodyEncoding? {
    guard head.headers.contains(name: "content-encoding"), Ingest.answers(head.uri) else {
      return nil
    }
    let encoding = BodyEncoding(
      contentEncoding: head.headers["content-encoding"].joined(separator: ","))
    return encoding == .identity ? nil : encoding
  }
}
