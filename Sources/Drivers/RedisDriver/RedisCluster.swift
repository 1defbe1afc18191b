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
  public static func isMeant(by text: String) -> Bool { scheme(of: text) != nil }

  private static func scheme(of text: String) -> (rest: Substring, usesTLS: Bool)? {
    for (prefix, usesTLS) in [("redis+cluster://", false), ("rediss+cluster://", true)]
    where text.lowercased().hasPrefix(prefix) {
      return (text.dropFirst(prefix.count), usesTLS)
    }
    return nil
  }

  /// Reads `redis+cluster://[[user]:password@]host[:port][,host[:port]…]`, or `rediss+cluster://` for the same over TLS. A
  /// port that is left out is 6379.
  public init(parsing text: String) throws(RedisAddressError) {
    guard let (rest, usesTLS) = Self.scheme(of: text) else {
      throw RedisAddressError(
        "an address of a cluster begins with redis+cluster:// or rediss+cluster://")
    }
    guard !rest.contains("?"), !rest.contains("#") else {
      throw RedisAddressError("an address of a cluster takes no ?query and no #fragment")
    }
    let parts = rest.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 1 || ["", "0"].contains(parts[1]) else {
      throw RedisAddressError("a Redis Cluster has no database but 0: leave out /\(parts[1])")
    }
    let hosts = parts[0].split(separator: "@", omittingEmptySubsequences: false)
    guard hosts.count <= 2 else {
      throw RedisAddressError("percent-encode special characters in the password")
    }
    var endpoints: [RedisEndpoint] = []
    for host in hosts[hosts.count - 1].split(separator: ",", omittingEmptySubsequences: false) {
      guard !host.isEmpty else {
        throw RedisAddressError("the address of a cluster has an empty host")
      }
      let node: RedisAddress
      do {
        node = try RedisAddress(parsing: "redis://\(host)")
      } catch {
        throw RedisAddressError("one of the cluster's nodes: \(error)")
      }
      guard case .tcp(let host, let port) = node.endpoint else {
        throw RedisAddressError("one of the cluster's nodes has no host")
      }
      endpoints.append(RedisEndpoint(host: host, port: port))
    }
    self.endpoints = endpoints
    // The rest is as in the address of one server, and read by the same rules.
    let login = hosts.count == 2 ? "\(hosts[0])@" : ""
    account = try RedisAddress(
      parsing: "\(usesTLS ? "rediss" : "redis")://\(login)\(endpoints[0])")
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
