/// Nodes of a Redis Cluster that are asked for the others, and how to log in to each
/// (https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/).
///
/// The password is kept out of every description.
public struct RedisCluster: Sendable, Equatable {
  /// Not empty. Any may be silent.
  public let endpoints: [RedisEndpoint]
  /// How to log in to a node; its place is the first node's.
  private let account: RedisAddress

  public var usesTLS: Bool { account.usesTLS }

  /// Whether `text` is meant for this type, by its scheme.
  public static func isMeant(by text: String) -> Bool {
    RedisServerList.Kind.meant(by: text)?.kind == .cluster
  }

  /// Reads `redis+cluster://[[user]:password@]host[:port][,host[:port]…]`, or `rediss+cluster://` for the same over TLS. A
  /// port that is left out is 6379.
  public init(parsing text: String) throws(RedisAddressError) {
    let list = try RedisServerList(parsing: text, .cluster)
    let database = list.path.joined(separator: "/")
    guard ["", "0"].contains(database) else {
      throw RedisAddressError("a Redis Cluster has no database but 0: leave out /\(database)")
    }
    endpoints = list.endpoints
    account = try list.account()
  }

  /// The node at a place that another one named.
  public func server(at endpoint: RedisEndpoint) -> RedisAddress {
    RedisAddress(
      endpoint: .tcp(host: endpoint.host, port: endpoint.port), user: account.user,
      password: account.password, usesTLS: usesTLS)
  }
}

extension RedisCluster: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String {
    "\(usesTLS ? "rediss" : "redis")+cluster://\(endpoints.map(\.description).joined(separator: ","))"
  }

  public var debugDescription: String { description }

  public var customMirror: Mirror { Mirror(self, children: ["cluster": description]) }
}
