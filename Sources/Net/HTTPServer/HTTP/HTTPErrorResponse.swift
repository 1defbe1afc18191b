public import NIOCore
public import NIOHTTP1

/// An answer that carries a problem (RFC 9457).
public struct HTTPErrorResponse: Sendable {
  public var status: HTTPResponseStatus
  /// Fields beside `Content-Type`, `Content-Length` and `Connection`.
  public var headers: HTTPHeaders
  /// An `application/problem+json` document.
  public var body: ByteBuffer

  public init(status: HTTPResponseStatus, headers: HTTPHeaders = [:], body: ByteBuffer) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// A problem of no type of its own.
  ///
  /// - Parameter detail: plain text without quotes, backslashes or control characters.
  init(_ status: HTTPResponseStatus, detail: StaticString, headers: HTTPHeaders = [:]) {
    self.init(
      status: status, headers: headers,
      body: ByteBuffer(
        string:
          #"{"title":"\#(status.reasonPhrase)","status":\#(status.code),"detail":"\#(detail)"}"#
      ))
  }

  /// The head as sent: the connection ends with this answer.
  func closingHead() -> HTTPResponseHead {
    var fields = headers
    fields.replaceOrAdd(name: "content-type", value: "application/problem+json")
    fields.replaceOrAdd(name: "content-length", value: String(body.readableBytes))
    fields.replaceOrAdd(name: "connection", value: "close")
    return HTTPResponseHead(version: .http1_1, status: status, headers: fields)
  }
}
