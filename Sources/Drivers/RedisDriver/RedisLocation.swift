/// Where a Redis is found.
public enum RedisLocation: Sendable, Equatable {
  case server(RedisAddress)
  /// Where these say.
  case sentinels(RedisSentinels)
  /// On the nodes of a cluster, each key where its slot is.
  case cluster(RedisCluster)

  /// Reads what `RedisAddress`, `RedisSentinels` and `RedisCluster` read.
  ///
  /// - Parameter sentinelPassword: what Sentinels ask for.
  public init(parsing text: String, sentinelPassword: String? = nil) throws(RedisAddressError) {
    if RedisCluster.isMeant(by: text) {
      self = .cluster(try RedisCluster(parsing: text))
    } else if RedisSentinels.isMeant(by: text) {
      var sentinels = try RedisSentinels(parsing: text)
      sentinels.sentinelPassword = sentinelPassword
      self = .sentinels(sentinels)
    } else {
      self = .server(try RedisAddress(parsing: text))
    }
  }

  /// The logical database, from 0.
  public var database: Int {
    switch self {
    case .server(let address): address.database
    case .sentinels(let sentinels): sentinels.database
    case .cluster: 0
    }
  }

  public var usesTLS: Bool {
    switch self {
    case .server(let address): address.usesTLS
    case .sentinels(let sentinels): sentinels.usesTLS
    case .cluster(let cluster): cluster.usesTLS
    }
  }
}
