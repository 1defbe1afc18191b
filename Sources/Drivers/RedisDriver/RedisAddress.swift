import Foundation

/// Where a Redis server listens and how to log in to it.
///
/// The password is kept out of every description.
public struct RedisAddress: Sendable, Equatable {
  public enum Endpoint: Sendable, Equatable {
    case tcp(host: String, port: Int)
    case unixSocket(path: String)
  }

  public let endpoint: Endpoint
  /// The ACL user; nil for the default user.
  public let user: String?
  public let password: String?
  /// The logical database, from 0.
  public let database: Int
  /// Whether the connection is encrypted; not over a Unix socket.
  public let usesTLS: Bool

  public init(
    endpoint: Endpoint, user: String? = nil, password: String? = nil, database: Int = 0,
    usesTLS: Bool = false
  ) {
    self.endpoint = endpoint
    self.usesTLS = usesTLS
    self.user = user
    self.password = password
    self.database = database
  }

  /// Reads `redis://[[user]:password@]host[:port][/database]`, `rediss://` for the same over TLS, or
  /// `unix://[[user]:password@]/path/to/socket[?db=database]`
  /// (https://www.iana.org/assignments/uri-schemes/prov/redis).
  public init(parsing text: String) throws(RedisAddressError) {
    let scheme = text.firstRange(of: "://").map { text[..<$0.lowerBound].lowercased() }
    guard let scheme, ["redis", "rediss", "unix"].contains(scheme) else {
      // Whoever parses a `RedisLocation` may as well have meant Sentinels or a cluster.
      throw RedisAddressError(
        "a Redis address begins with redis://, rediss://, unix://, redis+sentinel://, rediss+sentinel://, "
          + "redis+cluster:// or rediss+cluster://")
    }
    usesTLS = scheme == "rediss"
    guard let components = URLComponents(string: text) else {
      throw RedisAddressError(
        "the Redis address is no valid URL; percent-encode special characters in the password")
    }
    let user = components.user.flatMap { $0.isEmpty ? nil : $0 }
    let password = components.password.flatMap { $0.isEmpty ? nil : $0 }
    guard user == nil || password != nil else {
      throw RedisAddressError("the Redis address names a user but no password")
    }
    guard components.fragment == nil else {
      throw RedisAddressError("the Redis address has a #fragment")
    }
    self.user = user
    self.password = password
    if scheme == "unix" {
      (endpoint, database) = try Self.unixSocket(components)
    } else {
      (endpoint, database) = try Self.tcp(components)
    }
  }

  private static func tcp(
    _ components: URLComponents
  ) throws(RedisAddressError) -> (Endpoint, Int) {
    guard var host = components.host, !host.isEmpty else {
      throw RedisAddressError("the Redis address has no host")
    }
    if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
    let port = components.port ?? 6379
    guard (1...65535).contains(port) else {
      throw RedisAddressError("the port of the Redis address is not between 1 and 65535")
    }
    guard components.query == nil else {
      throw RedisAddressError("a redis:// or rediss:// address takes no ?query")
    }
    let path = components.path.drop { $0 == "/" }
    return (.tcp(host: host, port: port), try number(of: path.isEmpty ? "0" : String(path)))
  }

  private static func unixSocket(
    _ components: URLComponents
  ) throws(RedisAddressError) -> (Endpoint, Int) {
    guard components.host?.isEmpty ?? true, components.path.count > 1 else {
      throw RedisAddressError("a unix:// address needs an absolute path: unix:///path/to/socket")
    }
    var database = 0
    for item in components.queryItems ?? [] {
      guard item.name == "db" else {
        throw RedisAddressError("a unix:// address takes no option but ?db=")
      }
      database = try number(of: item.value ?? "")
    }
    return (.unixSocket(path: components.path), database)
  }

  private static func number(of database: String) throws(RedisAddressError) -> Int {
    guard let number = Int(database), (0...Int(Int32.max)).contains(number) else {
      throw RedisAddressError("the database of the Redis address is not a number from 0")
    }
    return number
  }
}

extension RedisAddress: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String {
    switch endpoint {
    case .tcp(let host, let port):
      "\(usesTLS ? "rediss" : "redis")://\(host.contains(":") ? "[\(host)]" : host):\(port)/\(database)"
    case .unixSocket(let path): "unix://\(path)?db=\(database)"
    }
  }

  public var debugDescription: String { description }

  public var customMirror: Mirror { Mirror(self, children: ["address": description]) }
}

/// What is wrong with a Redis address. Never quotes the address, which may hold a password.
public struct RedisAddressError: Error, Equatable, CustomStringConvertible {
  public let description: String

  init(_ description: String) {
    self.description = description
  }
}
