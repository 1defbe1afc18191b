import HTTPTypes
import NIOHTTP1

/// Checks the client's side of the opening handshake (RFC 6455, section 4.2.1).
enum WebSocketHandshake {
  /// - Returns: the answer to a request that is no proper handshake; nil for a good one.
  static func refusal(of head: HTTPRequestHead) -> Problem? {
    guard head.method == .GET else {
      return Problem(
        status: .methodNotAllowed, detail: "A WebSocket is opened with GET.",
        fields: [.allow: "GET"])
    }
    guard head.version == .http1_1, lists("websocket", in: "upgrade", of: head),
      lists("upgrade", in: "connection", of: head)
    else {
      return upgradeRequired("This address takes WebSockets only.")
    }
    guard head.headers["sec-websocket-version"] == ["13"] else {
      return upgradeRequired("Sec-WebSocket-Version must be 13.")
    }
    let keys = head.headers["sec-websocket-key"]
    guard keys.count == 1, isKey(keys[0]) else {
      return Problem.badRequest("Sec-WebSocket-Key must be 16 bytes in base64.")
    }
    return nil
  }

  private static func upgradeRequired(_ detail: String) -> Problem {
    Problem(
      status: .upgradeRequired, detail: detail,
      fields: [.upgrade: "websocket", .secWebSocketVersion: "13"])
  }

  private static func lists(_ token: String, in name: String, of head: HTTPRequestHead) -> Bool {
    head.headers[canonicalForm: name].contains { $0.lowercased() == token }
  }

  /// 16 bytes are 22 base64 digits, the last of which holds two bits, and two signs of padding.
  private static func isKey(_ key: String) -> Bool {
    let bytes = Array(key.utf8)
    guard bytes.count == 24, bytes[22...] == [UInt8(ascii: "="), UInt8(ascii: "=")],
      "AQgw".utf8.contains(bytes[21])
    else { return false }
    return bytes[..<22].allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
        true
      default: false
      }
    }
  }
}
