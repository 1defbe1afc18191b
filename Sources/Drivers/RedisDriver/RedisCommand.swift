public import NIOCore

/// A command and its arguments, binary safe.
///
///     connection.send(["XADD", "journal", "*", "e", .bytes(payload)])
public struct RedisCommand: Sendable, ExpressibleByArrayLiteral {
  public var arguments: [Argument]
  /// How long the server may hold the answer back on purpose (`BLOCK`), on top of the connection's
  /// response timeout.
  public var blocksFor: TimeAmount

  public init(_ arguments: [Argument], blocksFor: TimeAmount = .zero) {
    self.arguments = arguments
    self.blocksFor = blocksFor
  }

  public init(arrayLiteral arguments: Argument...) {
    self.init(arguments)
  }

  public enum Argument: Sendable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
    case string(String)
    case bytes(ByteBuffer)
    case integer(Int)

    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int) { self = .integer(value) }
  }
}

/// Writes commands as RESP arrays of bulk strings.
///
/// hiredis could format them (`redisFormatCommandArgv`), but would allocate each command anew and
/// have it copied once more into the buffer that NIO writes; this writes it there at once.
enum CommandEncoder {
  static func write(_ command: RedisCommand, into buffer: inout ByteBuffer) {
    writeHeader("*", command.arguments.count, into: &buffer)
    for argument in command.arguments {
      switch argument {
      case .string(let text):
        writeHeader("$", text.utf8.count, into: &buffer)
        buffer.writeString(text)
      case .bytes(let bytes):
        writeHeader("$", bytes.readableBytes, into: &buffer)
        buffer.writeImmutableBuffer(bytes)
      case .integer(let value):
        let text = String(value)
        writeHeader("$", text.utf8.count, into: &buffer)
        buffer.writeString(text)
      }
      buffer.writeStaticString("\r\n")
    }
  }

  private static func writeHeader(
    _ kind: Unicode.Scalar, _ length: Int, into buffer: inout ByteBuffer
  ) {
    // The kind, up to 19 digits, CR, LF.
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: 22) { bytes in
      var digits = 1
      var rest = length
      while rest >= 10 {
        rest /= 10
        digits += 1
      }
      bytes[0] = UInt8(ascii: kind)
      rest = length
      for index in stride(from: digits, through: 1, by: -1) {
        bytes[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
        rest /= 10
      }
      bytes[digits + 1] = UInt8(ascii: "\r")
      bytes[digits + 2] = UInt8(ascii: "\n")
      return digits + 3
    }
  }
}
