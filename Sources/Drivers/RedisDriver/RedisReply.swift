public import NIOCore

/// What the server answered (RESP2, https://redis.io/docs/latest/develop/reference/protocol-spec/).
public enum RedisReply: Sendable, Equatable {
  /// A simple string, such as `OK`.
  case status(String)
  /// A bulk string. Strings that arrived together share their memory.
  case string(ByteBuffer)
  case integer(Int)
  case array([RedisReply])
  /// The null bulk string or the null array.
  case null
  /// The server refused the command.
  case error(RedisServerError)
}

extension RedisReply {
  /// The text of a bulk or a simple string.
  public var text: String? {
    switch self {
    case .status(let text): text
    case .string(let buffer): String(buffer: buffer)
    default: nil
    }
  }

  public var bytes: ByteBuffer? {
    if case .string(let buffer) = self { buffer } else { nil }
  }

  public var integer: Int? {
    if case .integer(let value) = self { value } else { nil }
  }

  public var array: [RedisReply]? {
    if case .array(let elements) = self { elements } else { nil }
  }
}
