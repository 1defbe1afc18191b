public import NIOCore
public import NIOHTTP1

/// A response that is known whole when it begins. An early handler may give it to the connection as
/// one outbound user event in the place of three writes: it then crosses the pipeline once, and
/// leaves in one buffer.
///
/// Not for an answer to HEAD, and not for one that ends the connection.
public struct HTTPWholeResponse: Sendable {
  public let status: HTTPResponseStatus
  /// Fields beside `Content-Length` and `Connection`. Names and values must be well-formed: they are
  /// sent as they are.
  public let headers: HTTPHeaders
  public let body: ByteBuffer

  public init(status: HTTPResponseStatus, headers: HTTPHeaders, body: ByteBuffer) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// The same response as a codec takes it.
  public var parts: [HTTPServerResponsePart] {
    var fields = headers
    fields.add(name: "content-length", value: String(body.readableBytes))
    return [
      .head(HTTPResponseHead(version: .http1_1, status: status, headers: fields)),
      .body(.byteBuffer(body)), .end(nil),
    ]
  }

  /// The same response as it is sent (RFC 9112, section 4).
  func encoded(allocator: ByteBufferAllocator) -> ByteBuffer {
    var buffer = allocator.buffer(capacity: 256 + body.readableBytes)
    buffer.writeStaticString("HTTP/1.1 ")
    buffer.writeString(String(status.code))
    buffer.writeStaticString(" ")
    buffer.writeString(status.reasonPhrase)
    buffer.writeStaticString("\r\n")
    for (name, value) in headers {
      buffer.writeString(name)
      buffer.writeStaticString(": ")
      buffer.writeString(value)
      buffer.writeStaticString("\r\n")
    }
    buffer.writeStaticString("content-length: ")
    buffer.writeString(String(body.readableBytes))
    buffer.writeStaticString("\r\n\r\n")
    buffer.writeImmutableBuffer(body)
    return buffer
  }
}
