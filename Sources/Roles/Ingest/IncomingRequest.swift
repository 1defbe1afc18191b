import Events
import HTTPServer
import NIOCore
import NIOHTTP1
import Zlib

/// A request for the ingest endpoint whose body is arriving.
struct IncomingRequest {
  let format: BodyFormat
  /// When it was sent by the sender's clock; nil when the sender does not say.
  let sentAt: Timestamp?
  /// Unpacked.
  private(set) var body = ByteBuffer()
  private let limit: Int
  /// Nil for a body that came as it is.
  private var unpacker: BodyUnpacker?

  /// - Throws: the problem that can be told from the head alone.
  init(fields: RequestFields, limit: Int) throws(Problem) {
    guard let format = BodyFormat(contentType: fields.contentType) else {
      throw .unsupportedMediaType()
    }
    guard let encoding = BodyEncoding(contentEncoding: fields.contentEncoding) else {
      throw .unsupportedEncoding()
    }
    if let length = fields.contentLength, length > limit { throw .tooLarge(limit: limit) }
    self.format = format
    sentAt = fields.date.flatMap { Timestamp(httpDate: $0) }
    self.limit = limit
    if encoding != .identity { unpacker = try BodyUnpacker(limit: limit) }
  }

  /// Takes one more piece of the body; the first is kept without a copy.
  mutating func append(_ piece: inout ByteBuffer) throws(Problem) {
    if unpacker != nil { return try unpack(piece) }
    guard body.readableBytes + piece.readableBytes <= limit else { throw .tooLarge(limit: limit) }
    if body.readableBytes == 0 { body = piece } else { body.writeBuffer(&piece) }
  }

  private mutating func unpack(_ piece: ByteBuffer) throws(Problem) {
    try unpacker?.unpack(piece, onto: &body)
  }

  /// What it holds, in bytes.
  var memory: Int { body.storageCapacity + (unpacker == nil ? 0 : Inflater.memory) }

  /// The body has come to its end.
  ///
  /// - Throws: the problem of a packed body whose end is missing.
  func end() throws(Problem) { try unpacker?.end() }
}

/// What the endpoint needs of a request's header, found in one pass.
struct RequestFields {
  private(set) var contentType: String?
  private(set) var contentEncoding: String?
  private(set) var contentLength: Int?
  private(set) var origin: String?
  private(set) var date: String?
  private(set) var authorization: String?

  init(_ headers: HTTPHeaders) {
    for (name, value) in headers {
      // Most names are told apart by their length alone.
      switch name.utf8.count {
      // `Host`, which every request has, is as long.
      case 4
      where name.utf8.last.map { $0 | 0x20 } == UInt8(ascii: "e") && name.lowercased() == "date":
        date = value
      case 6 where name.lowercased() == "origin": origin = value
      case 12 where name.lowercased() == "content-type": contentType = value
      case 13 where name.lowercased() == "authorization":
        authorization = authorization.map { "\($0),\(value)" } ?? value
      case 14 where name.lowercased() == "content-length": contentLength = Int(value)
      case 16 where name.lowercased() == "content-encoding":
        contentEncoding = contentEncoding.map { "\($0),\(value)" } ?? value
      default: break
      }
    }
  }
}

/// How the events stand in a request's body.
enum BodyFormat: Sendable, Equatable {
  /// One object or an array of objects.
  case json
  /// One object a line.
  case ndjson

  /// Reads `Content-Type`; a request without one is taken for JSON, another type is nil.
  init?(contentType: String?) {
    guard let contentType, contentType != "application/json" else {
      self = .json
      return
    }
    let type = contentType.prefix { $0 != ";" }.trimmingSuffix(while: \.isWhitespace).lowercased()
    switch type {
    case "application/json": self = .json
    case "application/x-ndjson", "application/ndjson", "application/jsonl": self = .ndjson
    default: return nil
    }
  }
}

/// How a request's body is packed.
enum BodyEncoding: String, Sendable {
  case identity, gzip, deflate

  /// Reads `Content-Encoding`, a list (RFC 9110 8.4 and 5.6.1): names in any case, white space and empty elements
  /// around them, `x-gzip` for `gzip`, and `identity` for nothing. Nil for other encodings, and for
  /// several one upon another.
  init?(contentEncoding: String?) {
    self = .identity
    guard let contentEncoding else { return }
    for element in contentEncoding.split(separator: ",") {
      let name = element.drop(while: \.isWhitespace).trimmingSuffix(while: \.isWhitespace)
        .lowercased()
      guard !name.isEmpty else { continue }
      guard let encoding = name == "x-gzip" ? .gzip : BodyEncoding(rawValue: name) else {
        return nil
      }
      guard encoding != .identity else { continue }
      guard self == .identity else { return nil }
      self = encoding
    }
  }
}

extension Substring {
  fileprivate func trimmingSuffix(while predicate: (Character) -> Bool) -> Substring {
    var result = self
    while let last = result.last, predicate(last) { result.removeLast() }
    return result
  }
}
