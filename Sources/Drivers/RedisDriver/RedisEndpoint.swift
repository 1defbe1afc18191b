/// The host and the port of a server.
public struct RedisEndpoint: Sendable, Hashable, Comparable, CustomStringConvertible {
  public let host: String
  public let port: Int

  public init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  public var description: String { "\(host.contains(":") ? "[\(host)]" : host):\(port)" }

  public static func < (left: Self, right: Self) -> Bool {
    (left.host, left.port) < (right.host, right.port)
  }
}
