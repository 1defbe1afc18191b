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
