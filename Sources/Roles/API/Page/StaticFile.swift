import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// A file that is served as it is, from memory.
struct StaticFile: Sendable {
  let contentType: String
  let entityTag: String
  private let body: ByteBuffer

  init(_ data: Data, contentType: String) {
    self.contentType = contentType
    body = ByteBuffer(bytes: data)
    entityTag = "\"\(Self.hash(data))\""
  }

  /// 304 when the browser's copy is current (RFC 9110 section 13.1.2). Browsers ask each time: the
  /// answer is short, and a new version is seen at once.
  func response(to request: Request) -> Response {
    var headers = SecurityHeaders.all
    headers[.eTag] = entityTag
    headers[.cacheControl] = "no-cache"
    if let known = request.headers[.ifNoneMatch], matches(known) {
      return Response(status: .notModified, headers: headers)
    }
    headers[.contentType] = contentType
    return Response(status: .ok, headers: headers, body: .init(byteBuffer: body))
  }

  private func matches(_ ifNoneMatch: String) -> Bool {
    ifNoneMatch.split(separator: ",").contains { tag in
      let tag = tag.trimmingPrefix(while: \.isWhitespace).replacing("W/", with: "")
      return tag == entityTag || tag == "*"
    }
  }

  /// FNV-1a, 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/): tells versions of a file apart, and
  /// guards nothing.
  private static func hash(_ data: Data) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in data { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return String(hash, radix: 16)
  }
}
