internal import NIOCore
internal import NIOHTTP1

/// Reads requests on one connection and does what the script says. Writes raw bytes, because what it
/// sends need not be HTTP.
final class FaultHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = ByteBuffer

  private let connection: Int
  private let script: FaultServer.Script
  private var head: HTTPRequestHead?
  private var body: [UInt8] = []

  init(connection: Int, script: @escaping FaultServer.Script) {
    self.connection = connection
    self.script = script
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      self.head = head
      body = []
    case .body(let part):
      body.append(contentsOf: part.readableBytesView)
    case .end:
      guard let head else { return }
      let headers = head.headers.map { ($0.name.lowercased(), $0.value) }
      perform(
        script(
          RecordedRequest(
            method: head.method.rawValue, target: head.uri,
            headers: Dictionary(headers) { $1 }, body: body, connection: connection)),
        isHead: head.method == .HEAD, context: context)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }

  private func perform(_ answer: FaultAnswer, isHead: Bool, context: ChannelHandlerContext) {
    switch answer {
    case .respond(let status, let headers, let body, let delay):
      let bytes = head(status, headers, length: body.count) + (isHead ? [] : body)
      after(delay, context) { $0.send(bytes) }
    case .hang:
      break
    case .cut:
      context.close(promise: nil)
    case .cutBody(let status, let body, let sent):
      Connection(context).send(head(status, [], length: body.count) + body.prefix(sent))
      context.close(promise: nil)
    case .garbage(let bytes):
      Connection(context).send(bytes)
      context.close(promise: nil)
    case .trickle(let status, let body, let pause):
      Connection(context).send(head(status, [], length: body.count))
      for (index, byte) in body.enumerated() {
        after(pause * (index + 1), context) { $0.send([byte]) }
      }
    case .deferred(let fetch):
      // A promise that fails has nobody to tell: the closure throws nothing.
      context.eventLoop.makeFutureWithTask { await fetch() }.assumeIsolated().whenSuccess {
        self.perform($0, isHead: isHead, context: context)
      }
    }
  }

  private func head(_ status: Int, _ headers: [(String, String)], length: Int) -> [UInt8] {
    var text = "HTTP/1.1 \(status) \(HTTPResponseStatus(statusCode: status).reasonPhrase)\r\n"
    for (name, value) in headers { text += "\(name): \(value)\r\n" }
    if status != 204 { text += "Content-Length: \(length)\r\n" }
    return Array((text + "\r\n").utf8)
  }

  private func after(
    _ delay: Duration, _ context: ChannelHandlerContext, _ action: @escaping (Connection) -> Void
  ) {
    let connection = Connection(context)
    guard delay > .zero else { return action(connection) }
    context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(delay)) { action(connection) }
  }
}

/// Writes to a connection, whole or not at all: one that is gone needs no answer.
private struct Connection {
  private let context: ChannelHandlerContext

  init(_ context: ChannelHandlerContext) { self.context = context }

  func send(_ bytes: some Sequence<UInt8>) {
    context.writeAndFlush(NIOAny(ByteBuffer(bytes: bytes)), promise: nil)
  }
}
