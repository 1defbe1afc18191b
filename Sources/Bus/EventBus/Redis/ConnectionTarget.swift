import RedisDriver

/// Which server of a Redis a connection is to. Where there is one server that takes events, they are all that one.
enum ConnectionTarget: Sendable, Hashable {
  /// The one that has a partition of the journal, by its index.
  case partition(Int)
  /// A node of a cluster.
  case node(RedisEndpoint)
}
