/// Sentinels that know where the master of a name is, and how to log in to it.
///
/// The passwords are kept out of every description.
public struct RedisSentinels: Sendable, Equatable {
  public typealias Endpoint = RedisEndpoint

  /// Not empty. Any may be silent.
  public let endpoints: [Endpoint]
  public let masterName: String
  /// How to log in to the master, and its database; its place is the first Sentinel's.
  private let account: RedisAddress
  /// What the Sentinels ask for; nil where they ask for nothing.
  public var sentinelPassword: String?

  /// The logical database, from 0.
  public var database: Int { account.database }
  /// Whether the connections are encrypted, to Sentinels as well.
  public var usesTLS: Bool { account.usesTLS }

  /// Whether `text` is meant for this type, by its scheme.
  public static func isMeant(by text: String) -> Bool { scheme(of: text) != nil }

  private static func scheme(of text: String) -> (rest: Substring, usesTLS: Bool)? {
    for (prefix, usesTLS) in [("redis+sentinel://", false), ("rediss+sentinel://", true)]
    where text.lowercased().hasPrefix(prefix) {
      return (text.dropFirst(prefix.count), usesTLS)
    }
    return nil
  }

  /// Reads `redis+sentinel://[[user]:password@]host[:port][,host[:port]…]/master[/database]`, or
  /// `rediss+sentinel://` for the same over TLS. User and password are the master's. A port that is left out is
  /// 26379.
  public init(parsing text: String) throws(RedisAddressError) {
    guard let (rest, usesTLS) = Self.scheme(of: text) else {
      throw RedisAddressError(
        "an address of Sentinels begins with redis+sentinel:// or rediss+sentinel://")
    }
    guard !rest.contains("?"), !rest.contains("#") else {
      throw RedisAddressError("an address of Sentinels takes no ?query and no #fragment")
    }
    let parts = rest.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count >= 2, !parts[1].isEmpty else {
      throw RedisAddressError(
        "the address of Sentinels names no master: redis+sentinel://host:26379,host:26379/master")
    }
    guard parts.count <= 3 else {
      throw RedisAddressError(
        "the address of Sentinels has more than /master/database behind the hosts")
    }
    masterName = String(parts[1])
    guard masterName.utf8.allSatisfy(Self.isAllowedInName) else {
      throw RedisAddressError("a master's name is of letters, digits, dots, - and _")
    }
    let authority = parts[0]
    let hosts = authority.split(separator: "@", omittingEmptySubsequences: false)
    guard hosts.count <= 2 else {
      throw RedisAddressError("percent-encode special characters in the password")
    }
    var endpoints: [Endpoint] = []
    for host in hosts[hosts.count - 1].split(separator: ",", omittingEmptySubsequences: false) {
      endpoints.append(try Self.endpoint(host))
    }
    self.endpoints = endpoints
    // The rest is as in the address of one server, and read by the same rules.
    let login = hosts.count == 2 ? "\(hosts[0])@" : ""
    let database = parts.count == 3 ? "/\(parts[2])" : ""
    account = try RedisAddress(
      parsing: "\(usesTLS ? "rediss" : "redis")://\(login)\(endpoints[0])\(database)")
  }

  private static func endpoint(_ text: Substring) throws(RedisAddressError) -> Endpoint {
    guard !text.isEmpty else {
      throw RedisAddressError("the address of Sentinels has an empty host")
    }
    let address: RedisAddress
    do {
      address = try RedisAddress(parsing: "redis://\(text)")
    } catch {
      throw RedisAddressError("one of the Sentinels: \(error)")
    }
    guard case .tcp(let host, let port) = address.endpoint, address.user == nil else {
      throw RedisAddressError("one of the Sentinels has no host")
    }
    // Without a port, the parser has taken that of a server.
    let isGiven = text.hasSuffix(":\(port)")
    return Endpoint(host: host, port: isGiven ? port : 26379)
  }

  private static func isAllowedInName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
      UInt8(ascii: "-"):
      true
    default: false
    }
  }

  /// The server at a place that a Sentinel named.
  public func server(at endpoint: Endpoint) -> RedisAddress {
    RedisAddress(
      endpoint: .tcp(host: endpoint.host, port: endpoint.port), user: account.user,
      password: account.password, database: account.database, usesTLS: usesTLS)
  }

  /// One of the Sentinels themselves.
  public func sentinel(at endpoint: Endpoint) -> RedisAddress {
    RedisAddress(
      endpoint: .tcp(host: endpoint.host, port: endpoint.port), password: sentinelPassword,
      usesTLS: usesTLS)
  }
}

extension RedisSentinels: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String {
    let hosts = endpoints.map(\.description).joined(separator: ",")
    return "\(usesTLS ? "rediss" : "redis")+sentinel://\(hosts)/\(masterName)/\(database)"
  }

  public var debugDescription: String { description }

  public var customMirror: Mirror { Mirror(self, children: ["sentinels": description]) }
}
