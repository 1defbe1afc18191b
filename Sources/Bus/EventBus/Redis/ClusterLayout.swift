import RedisDriver

/// What an operator must know of how a Redis Cluster is laid out.
public struct ClusterLayout: Sendable, Equatable {
  /// Nodes that have slots, each with the number of its replicas.
  public let replicasOfMasters: [Int]
  /// Slots that no node has.
  public let uncoveredSlots: Int

  public init(replicasOfMasters: [Int], uncoveredSlots: Int) {
    self.replicasOfMasters = replicasOfMasters
    self.uncoveredSlots = uncoveredSlots
  }

  init(_ map: RedisSlotMap) {
    replicasOfMasters = map.masters.map { master in
      map.ranges.first { $0.master == master }?.replicas.count ?? 0
    }
    uncoveredSlots = map.uncoveredSlots
  }
}
