/// Sentinels that know where the master of a name is, and how to log in to it.
///
/// The passwords are kept out of every description.
public struct RedisSentinels: Sendable, Equatable {
  /// Not empty. Any may be silent.
  public let endpoints: [RedisEndpoint]
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
  public static func isMeant(by text: String) -> Bool {
    RedisServerList.Kind.meant(by: text)?.kind == .sentinel
  }

  /// Reads `redis+sentinel://[[user]:password@]host[:port][,host[:port]…]/master[/database]`, or
  /// `rediss+sentinel://` for the same over TLS. User and password are the master's. A port that is left out is
  /// 26379.
  public init(parsing text: String) throws(RedisAddressError) {
    let list = try RedisServerList(parsing: text, .sentinel)
    guard let name = list.path.first, !name.isEmpty else {
      throw RedisAddressError(
        "the address of Sentinels names no master: redis+sentinel://host:26379,host:26379/master")
    }
    guard list.path.count <= 2 else {
      throw RedisAddressError(
        "the address of Sentinels has more than /master/database behind the hosts")
    }
    guard name.utf8.allSatisfy(Self.isAllowedInName) else {
      throw RedisAddressError("a master's name is of letters, digits, dots, - and _")
    }
    masterName = String(name)
    endpoints = list.endpoints
    account = try list.account(database: list.path.count == 2 ? list.path[1] : "")
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
  public func server(at endpoint: RedisEndpoint) -> RedisAddress {
    RedisAddress(
      endpoint: .tcp(host: endpoint.host, port: endpoint.port), user: account.user,
      password: account.password, database: account.database, usesTLS: usesTLS)
  }

  /// One of the Sentinels themselves.
  public func sentinel(at endpoint: RedisEndpoint) -> RedisAddress {
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
