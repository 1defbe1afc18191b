/// The parts of an address that names several servers, `redis+KIND://[[user]:password@]host[:port][,host[:port]…][/path]`, or
/// `rediss+KIND://` for the same over TLS.
struct RedisServerList {
  /// What stands behind `redis+`.
  enum Kind: String {
    case sentinel, cluster

    /// The one that is meant, by the scheme.
    static func meant(by text: String) -> (kind: Kind, rest: Substring, usesTLS: Bool)? {
      for kind in [Kind.sentinel, .cluster] {
        for (scheme, usesTLS) in [("redis", false), ("rediss", true)] {
          let prefix = "\(scheme)+\(kind.rawValue)://"
          guard text.lowercased().hasPrefix(prefix) else { continue }
          return (kind, text.dropFirst(prefix.count), usesTLS)
        }
      }
      return nil
    }

    fileprivate var owner: String { self == .sentinel ? "Sentinels" : "a cluster" }
    fileprivate var server: String {
      self == .sentinel ? "one of the Sentinels" : "one of the cluster's nodes"
    }
    /// Of a server whose port is left out.
    fileprivate var port: Int { self == .sentinel ? 26379 : 6379 }
  }

  /// Not empty.
  let endpoints: [RedisEndpoint]
  /// What stands behind the hosts, between slashes.
  let path: [Substring]
  private let login: String
  private let usesTLS: Bool

  /// - Throws: what is wrong, without a word of user or password.
  init(parsing text: String, _ kind: Kind) throws(RedisAddressError) {
    guard let meant = Kind.meant(by: text), meant.kind == kind else {
      throw RedisAddressError(
        "an address of \(kind.owner) begins with redis+\(kind.rawValue):// or rediss+\(kind.rawValue)://"
      )
    }
    usesTLS = meant.usesTLS
    guard !meant.rest.contains("?"), !meant.rest.contains("#") else {
      throw RedisAddressError("an address of \(kind.owner) takes no ?query and no #fragment")
    }
    let parts = meant.rest.split(separator: "/", omittingEmptySubsequences: false)
    path = Array(parts.dropFirst())
    let authority = parts[0].split(separator: "@", omittingEmptySubsequences: false)
    guard authority.count <= 2 else {
      throw RedisAddressError("percent-encode special characters in the password")
    }
    login = authority.count == 2 ? "\(authority[0])@" : ""
    var endpoints: [RedisEndpoint] = []
    let hosts = authority[authority.count - 1]
    for host in hosts.split(separator: ",", omittingEmptySubsequences: false) {
      endpoints.append(try Self.endpoint(host, kind))
    }
    self.endpoints = endpoints
  }

  private static func endpoint(
    _ text: Substring, _ kind: Kind
  ) throws(RedisAddressError) -> RedisEndpoint {
    guard !text.isEmpty else {
      throw RedisAddressError("the address of \(kind.owner) has an empty host")
    }
    let address: RedisAddress
    do {
      address = try RedisAddress(parsing: "redis://\(text)")
    } catch {
      throw RedisAddressError("\(kind.server): \(error)")
    }
    guard case .tcp(let host, let port) = address.endpoint, address.user == nil else {
      throw RedisAddressError("\(kind.server) has no host")
    }
    // Without a port, the parser has taken that of a server.
    return RedisEndpoint(host: host, port: text.hasSuffix(":\(port)") ? port : kind.port)
  }

  /// How to log in to a server, and its database: as in the address of one server, and read by the same rules. Its place is the
  /// first of the list.
  ///
  /// - Parameter database: a number; empty for the first.
  func account(database: Substring = "") throws(RedisAddressError) -> RedisAddress {
    let path = database.isEmpty ? "" : "/\(database)"
    return try RedisAddress(
      parsing: "\(usesTLS ? "rediss" : "redis")://\(login)\(endpoints[0])\(path)")
  }
}
