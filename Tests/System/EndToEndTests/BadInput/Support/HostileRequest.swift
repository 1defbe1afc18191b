import NIOCore

/// A request that must be refused, byte for byte, and what is said to it.
struct HostileRequest: Sendable {
  let name: String
  let pieces: [ByteBuffer]
  let status: Int
  /// What the answer's body must say.
  let mentions: [String]

  /// - Parameter length: what the header promises, where it is not the body's length.
  init(
    _ name: String, _ body: [UInt8], headers: [String] = [], announcing length: Int? = nil,
    status: Int, mentions: String...
  ) {
    self.init(name, Self.pieces(body, headers, length ?? body.count), status, mentions)
  }

  init(
    _ name: String, _ body: String, headers: [String] = [], status: Int, mentions: String...
  ) {
    let bytes = Array(body.utf8)
    self.init(name, Self.pieces(bytes, headers, bytes.count), status, mentions)
  }

  private init(_ name: String, _ pieces: [ByteBuffer], _ status: Int, _ mentions: [String]) {
    self.name = name
    self.pieces = pieces
    self.status = status
    self.mentions = mentions
  }

  private static func pieces(
    _ body: [UInt8], _ headers: [String], _ length: Int
  ) -> [ByteBuffer] {
    let lines = [
      "POST /student-progress HTTP/1.1", "Host: test", "Connection: close",
      "Content-Length: \(length)",
    ]
    let head = ByteBuffer(string: (lines + headers).joined(separator: "\r\n") + "\r\n\r\n")
    let size = 65_536
    return [head]
      + stride(from: 0, to: body.count, by: size).map { start in
        ByteBuffer(bytes: body[start..<min(start + size, body.count)])
      }
  }
}
