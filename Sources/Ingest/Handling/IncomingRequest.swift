import NIOCore
import NIOHTTP1

/// A request for the ingest endpoint whose body is arriving.
struct IncomingRequest {
  let format: BodyFormat
  private(set) var body = ByteBuffer()
  private let limit: Int

  /// - Throws: the problem that can be told from the head alone.
  init(head: HTTPRequestHead, limit: Int) throws(Problem) {
    guard let format = BodyFormat(contentType: head.headers.first(name: "content-type")) else {
      throw .unsupportedMediaType()
    }
    if let encoding = head.headers.first(name: "content-encoding") {
      guard ["gzip", "deflate", "identity"].contains(encoding.lowercased()) else {
        throw .unsupportedEncoding()
      }
    }
    if let length = head.headers.first(name: "content-length").flatMap({ Int($0) }), length > limit
    {
      throw .tooLarge(limit: limit)
    }
    self.format = format
    self.limit = limit
  }

  /// Takes one more piece of the body; the first is kept without a copy.
  mutating func append(_ piece: inout ByteBuffer) throws(Problem) {
    guard body.readableBytes + piece.readableBytes <= limit else { throw .tooLarge(limit: limit) }
    if body.readableBytes == 0 { body = piece } else { body.writeBuffer(&piece) }
  }
}
