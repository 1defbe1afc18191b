/// Why a connection could not be made or is of no use any more. An error that the server answers to
/// a command is a `RedisReply.error` instead, and leaves the connection as it was.
public enum RedisError: Error, Equatable, Sendable, CustomStringConvertible {
  case cannotConnect(RedisAddress, reason: String)
  /// The server refused the log-in or the database, or is still loading its data.
  case refused(RedisAddress, RedisServerError)
  /// No Sentinel tells where the master is.
  case noSentinel(reason: String)
  /// No node of the cluster tells who has its slots.
  case noCluster(reason: String)
  /// The connection broke; commands that were not answered may or may not have been carried out.
  case connectionLost(reason: String)
  /// The server did not answer in time; the connection is closed, for its answers would no longer
  /// match the commands.
  case timedOut(milliseconds: Int)
  /// `close()` was called.
  case closed
  /// `close(because:)` was called: the server is not the one to talk to.
  case leftServer(RedisServerError)
  case malformedReply(String)

  public var description: String {
    switch self {
    case .cannotConnect(let address, let reason): "cannot connect to \(address): \(reason)"
    case .refused(let address, let error): "\(address) refused the connection: \(error)"
    case .noSentinel(let reason): "no Sentinel names the primary: \(reason)"
    case .noCluster(let reason): "no node of the Redis cluster can be asked: \(reason)"
    case .connectionLost(let reason): "the connection to Redis broke: \(reason)"
    case .timedOut(let milliseconds): "Redis did not answer within \(milliseconds) ms"
    case .closed: "the connection to Redis is closed"
    case .leftServer(let answer): "the connection to Redis was given up: \(answer)"
    case .malformedReply(let reason): "Redis answered what is no RESP2: \(reason)"
    }
  }
}

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
