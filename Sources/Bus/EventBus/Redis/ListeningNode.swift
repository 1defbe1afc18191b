import NIOConcurrencyHelpers
import NIOCore
import RedisDriver

/// The node of a cluster that all processes subscribe to. Any node relays the whole channel, but two nodes relay what was
/// published on others in two orders, and hand-published messages are known by their order behind a mark. So Redis holds
/// which node counts; another one is chosen only when it is away.
final class ListeningNode: Sendable {
  /// Between two looks whether another node was chosen.
  static let interval = Duration.seconds(1)

  /// Where to subscribe.
  struct Place: Sendable, Equatable {
    let node: RedisSlotMap.Node
    /// Whether what is published by hand is to be adopted by what is heard there.
    let isChosen: Bool

    /// How marks of this node's subscribers begin.
    var markPrefix: String { ListeningNode.markPrefix(of: node.id) }
  }

  /// Enough of a node's id to tell it from the others.
  private static let identifyingDigits = 16

  private let topology: ClusterTopology
  private let client: RedisClient
  private let key: String

  init(_ topology: ClusterTopology, client: RedisClient, keys: RedisKeys) {
    self.topology = topology
    self.client = client
    key = keys.listeningNode
  }

  private static func markPrefix(of id: String) -> String { "\(id.prefix(identifyingDigits))." }

  /// - Parameter away: the node that cannot be listened to; nil where there is none.
  /// - Throws: when no node is known.
  func find(insteadOf away: RedisSlotMap.Node?) async throws(BusError) -> Place {
    do {
      if topology.map == nil { try await topology.refresh().get() }
    } catch {
      throw BusError(error)
    }
    let nodes = topology.map?.nodes ?? []
    guard let candidate = candidate(insteadOf: away) else {
      throw .unavailable(.clusterDown, "no node of the cluster has slots")
    }
    do throws(BusError) {
      let chosen = try await choose(candidate, insteadOf: away?.id)
      if let node = nodes.first(where: { $0.id == chosen }) {
        return Place(node: node, isChosen: true)
      }
      // It belongs to the cluster no more.
      let successor = try await choose(candidate, insteadOf: chosen)
      if let node = nodes.first(where: { $0.id == successor }) {
        return Place(node: node, isChosen: true)
      }
    } catch {
      // Whoever knows is away; what is in the journal can be heard anywhere.
    }
    return Place(node: candidate, isChosen: false)
  }

  private func choose(
    _ candidate: RedisSlotMap.Node, insteadOf away: String?
  ) async throws(BusError) -> String? {
    try await client.run(
      ScriptCall(
        .chooseNode, keys: [key], arguments: [.string(away ?? ""), .string(candidate.id)])
    ).text
  }

  /// Rather another node than the one that knows the choice, so that one of the two is left.
  private func candidate(insteadOf away: RedisSlotMap.Node?) -> RedisSlotMap.Node? {
    guard let map = topology.map else { return nil }
    let others = map.masters.filter { $0.id != away?.id }
    let knowing = map.master(of: RedisSlot.of(key))
    return others.filter { $0.endpoint != knowing }.randomElement() ?? others.randomElement()
      ?? map.nodes.first
  }

  /// Whether it still is the place to listen to; nil when nobody can tell.
  func stands(_ place: Place) async -> Bool? {
    do throws(BusError) {
      let chosen = try await client.send(["GET", .string(key)]).text
      return place.isChosen && chosen == place.node.id
    } catch {
      return nil
    }
  }

  /// Whether a mark was heard where all listen. One that names no node was.
  func counts(mark: String) async throws(BusError) -> Bool {
    guard let dot = mark.firstIndex(of: ".") else { return true }
    let chosen = try await client.send(["GET", .string(key)]).text ?? ""
    return Self.markPrefix(of: chosen) == mark[...dot]
  }
}
