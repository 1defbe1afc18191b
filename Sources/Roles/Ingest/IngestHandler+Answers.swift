import HTTPServer
import NIOCore
import NIOHTTP1

/// How requests are answered.
extension IngestHandler {
  var exchange: (any ClientExchange)? { route?.adapter.exchange }

  func answer(_ batch: DecodedBatch, context: ChannelHandlerContext) {
    if let route, let exchange {
      let ids = (batch.accepted + batch.ignored).sorted { $0.index < $1.index }.map(\.id)
      return write(exchange.answer(to: route.method, ids), context: context)
    }
    let status: HTTPResponseStatus =
      batch.rejected.isEmpty
      ? .accepted : batch.accepted.isEmpty ? .unprocessableEntity : .multiStatus
    var body = context.channel.allocator.buffer(
      capacity: 64 + batch.accepted.count * 64 + batch.rejected.count * 160)
    AnswerBody.write(accepted: batch.accepted, rejected: batch.rejected, to: &body)
    var headers = HTTPHeaders([("content-type", "application/json")])
    workspace.policy.addHeaders(for: origin, to: &headers)
    context.triggerUserOutboundEvent(
      HTTPWholeResponse(status: status, headers: headers, body: body), promise: nil)
  }

  /// Answers a request that has not ended, and ends the connection.
  func refuse(_ problem: Problem, context: ChannelHandlerContext) {
    state = .refused
    allowance?.take(1)
    drop()
    answer(problem, headers: [("connection", "close")], context: context)
  }

  func answer(
    _ problem: Problem, headers fields: [(String, String)] = [], context: ChannelHandlerContext
  ) {
    let head = problem.head
    var headers = head.headers
    headers.add(contentsOf: fields)
    headers.add(contentsOf: clientFields)
    workspace.policy.addHeaders(for: origin, to: &headers, and: exchange?.fieldNames ?? [])
    write(head.status, headers, body: problem.body, context: context)
  }

  /// - Parameter body: JSON; nil for an answer without content.
  func write(_ body: ByteBuffer?, context: ChannelHandlerContext) {
    var headers = HTTPHeaders(clientFields)
    if body != nil { headers.add(name: "content-type", value: "application/json") }
    workspace.policy.addHeaders(for: origin, to: &headers, and: exchange?.fieldNames ?? [])
    write(body == nil ? .noContent : .ok, headers, body: body, context: context)
  }

  func write(
    _ status: HTTPResponseStatus, _ fields: HTTPHeaders, body: ByteBuffer?,
    context: ChannelHandlerContext
  ) {
    var headers = fields
    if let body { headers.add(name: "content-length", value: String(body.readableBytes)) }
    let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    if let body, !omitsBody {
      context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
    }
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
  }
}
