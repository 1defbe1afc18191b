import HTTPServer
import NIOCore

/// A request for the ingest endpoint whose body is arriving.
struct IncomingRequest {
  let format: BodyFormat
  private(set) var body = ByteBuffer()
  private let limit: Int

  /// - Throws: the problem that can be told from the head alone.
  init(fields: RequestFields, limit: Int) throws(Problem) {
    guard let format = BodyFormat(contentType: fields.contentType) else {
      throw .unsupportedMediaType()
    }
    if let encoding = fields.contentEncoding {
      guard ["gzip", "deflate", "identity"].contains(encoding.lowercased()) else {
        throw .unsupportedEncoding()
      }
    }
    if let length = fields.contentLength, length > limit { throw .tooLarge(limit: limit) }
    self.format = format
    self.limit = limit
  }

  /// Takes one more piece of the body; the first is kept without a copy.
  mutating func append(_ piece: inout ByteBuffer) throws(Problem) {
    guard body.readableBytes + piece.readableBytes <= limit else { throw .tooLarge(limit: limit) }
    if body.readableBytes == 0 { body = piece } else { body.writeBuffer(&piece) }
  }
}
