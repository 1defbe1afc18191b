public import HTTPTypes
public import HummingbirdCore
import JSONText
public import NIOCore
public import NIOHTTP1
import NIOHTTPTypesHTTP1

/// Why a request has no answer, as `application/problem+json` (RFC 9457). The one form of it, whoever
/// answers: the endpoint for events, a refused WebSocket, the API, a page.
public struct Problem: Error, Equatable, Sendable {
  public let status: HTTPResponse.Status
  /// Plain words for whoever sent the request; nil where the status says it all.
  public let detail: String?
  /// The query parameter at fault.
  public let parameter: String?
  /// Fields of the answer beside those that describe its body, such as `Allow`.
  public let fields: HTTPFields

  /// - Parameter retryAfter: seconds after which to try again.
  public init(
    status: HTTPResponse.Status, detail: String?, parameter: String? = nil, retryAfter: Int? = nil,
    fields: HTTPFields = [:]
  ) {
    self.status = status
    self.detail = detail
    self.parameter = parameter
    var fields = fields
    if let retryAfter { fields[.retryAfter] = String(retryAfter) }
    self.fields = fields
  }

  public static func badRequest(_ detail: String) -> Problem {
    Problem(status: .badRequest, detail: detail)
  }

  public static func notFound(_ detail: String) -> Problem {
    Problem(status: .notFound, detail: detail)
  }

  /// The document. Its `type` is `about:blank`, so its title is the status's own (RFC 9457, section
  /// 4.2.1).
  public var body: ByteBuffer {
    var json = JSONWriter(capacity: 256)
    json.object { json in
      json.member("type", "about:blank")
      json.member("title", status.reasonPhrase)
      json.member("status", status.code)
      if let detail { json.member("detail", detail) }
      if let parameter { json.member("parameter", parameter) }
    }
    return ByteBuffer(bytes: json.bytes)
  }

  /// The answer of a route, which no cache may keep.
  public func response() -> Response {
    var headers = fields
    headers[.contentType] = "application/problem+json"
    headers[.cacheControl] = "no-store"
    headers[.xContentTypeOptions] = "nosniff"
    return Response(status: status, headers: headers, body: .init(byteBuffer: body))
  }

  /// The whole answer of a connection that ends with it.
  var closingParts: [HTTPServerResponsePart] {
    let body = body
    var head = head
    head.headers.replaceOrAdd(name: "content-length", value: String(body.readableBytes))
    head.headers.replaceOrAdd(name: "connection", value: "close")
    return [.head(head), .body(.byteBuffer(body)), .end(nil)]
  }

  /// The head of the answer where no router stands before the connection, without `Content-Length`.
  public var head: HTTPResponseHead {
    var headers = HTTPHeaders([("content-type", "application/problem+json")])
    headers.add(contentsOf: HTTPHeaders(fields))
    return HTTPResponseHead(
      version: .http1_1, status: HTTPResponseStatus(statusCode: status.code), headers: headers)
  }
}
