/// An error that the server answered instead of a result, such as `WRONGTYPE Operation against …`.
public struct RedisServerError: Error, Sendable, Hashable, CustomStringConvertible {
  public let message: String

  public init(_ message: String) {
    self.message = message
  }

  /// The first word, which says what kind of error it is: `ERR`, `NOSCRIPT`, `OOM`, …
  public var code: Substring { message.prefix { $0 != " " } }

  public var description: String { message }
}
