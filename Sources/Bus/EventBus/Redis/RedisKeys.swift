import NIOCore

/// The names that the bus uses in Redis. All begin with the deployment's namespace, where it has one:
/// databases part keys, and no channels.
public struct RedisKeys: Sendable, Equatable {
  private static let baseName = "progress-events"

  /// Whether scripts that touch two keys find both on one node of a cluster.
  let areInCluster: Bool
  /// The channel that events are published on; also the prefix of the names below.
  public let channel: String
  /// The streams that are the journal, one a partition.
  let journals: [String]
  /// The stream that is the journal; how its streams are named where there are several.
  public let journal: String
  /// Says how many partitions the journal has, where that is more than one.
  let partitions: String
  /// The stream of a journal without partitions.
  let unpartitionedJournal: String
  /// The stream of dead letters.
  public let deadLetters: String
  /// The channel of the marks that hand-published messages are counted from.
  public let marks: String
  /// The hash of what worker processes say of themselves.
  public let workers: String
  /// The hash of revoked tokens.
  public let revokedTokens: String
  /// Tells whether that hash has changed.
  let revokedTokensRevision: String
  /// The hash of erased learners.
  let erased: String
  /// Which list of erased learners it is.
  let erasedVersion: String
  /// The node of a cluster whose subscribers adopt what is published by hand.
  let listeningNode: String
  private let adoptedPrefix: String
  private let namespacePrefix: String

  /// - Parameters:
  ///   - partitions: of the journal; their streams fall to different slots of a cluster, evenly for 6 on three servers.
  ///   - inCluster: whether the keys are spread over the nodes of a cluster.
  public init(namespace: String? = nil, partitions: Int = 1, inCluster: Bool = false) {
    areInCluster = inCluster
    namespacePrefix = namespace.map { "\($0):" } ?? ""
    let prefix = namespacePrefix + Self.baseName
    channel = prefix
    unpartitionedJournal = "\(prefix):journal"
    journals =
      partitions == 1
      ? [unpartitionedJournal] : (1...partitions).map { "\(prefix):{j-\($0)}:journal" }
    journal = partitions == 1 ? journals[0] : "\(prefix):{j-1…j-\(partitions)}:journal"
    self.partitions = "\(prefix):partitions"
    deadLetters = "\(prefix):dead-letters"
    marks = "\(prefix):marks"
    workers = "\(prefix):workers"
    revokedTokens = "\(prefix):revoked-tokens"
    revokedTokensRevision =
      inCluster
      ? Self.beside(revokedTokens, prefix, "revision") : "\(prefix):revoked-tokens:revision"
    erased = "\(prefix):erased"
    erasedVersion =
      inCluster ? Self.beside(erased, prefix, "version") : "\(prefix):erased:version"
    listeningNode = "\(prefix):listening-node"
    adoptedPrefix = "\(prefix):adopted:"
  }

  /// A key in the same slot as another one, which keeps the name that it has on one server.
  private static func beside(_ key: String, _ prefix: String, _ name: String) -> String {
    "\(prefix):{\(key)}:\(name)"
  }

  /// - Parameter partition: as `StreamID` tells it.
  func journal(of partition: UInt16) -> String { journals[max(0, Int(partition) - 1)] }

  /// Holds the highest ordinal behind `mark` that some worker has adopted. In a cluster each partition has its own, in
  /// its slot: all workers find a message to be in the same one.
  func adopted(mark: String, in partition: UInt16) -> String {
    areInCluster ? "\(channel):{j-\(partition)}:adopted:\(mark)" : adoptedPrefix + mark
  }

  /// The same of messages that are no valid events.
  func rejected(mark: String) -> String {
    areInCluster ? Self.beside(deadLetters, channel, "adopted:\(mark)") : adoptedPrefix + mark
  }

  /// Says that an entry of a cluster's journal is among the dead letters of a sink.
  ///
  /// - Parameter payload: the entry's; after a failover Redis may give its id to another one.
  func moved(_ id: StreamID, _ payload: ByteBuffer, sink: String) -> String {
    Self.beside(deadLetters, channel, "moved:\(sink):\(id):\(Self.hash(payload))")
  }

  /// Says that a dead letter is in a partition of a cluster's journal.
  ///
  /// - Parameter payload: the letter's; as above.
  func replayed(_ letter: StreamID, _ payload: ByteBuffer, in partition: UInt16) -> String {
    "\(channel):{j-\(partition)}:replayed:\(letter):\(Self.hash(payload))"
  }

  /// FNV-1a, 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/).
  private static func hash(_ payload: ByteBuffer) -> String {
    let hash = payload.readableBytesView.reduce(0xcbf2_9ce4_8422_2325 as UInt64) {
      ($0 ^ UInt64($1)) &* 0x100_0000_01b3
    }
    return String(hash, radix: 16)
  }

  /// Holds a value of `RedisCache`.
  func cached(_ key: String) -> String { namespacePrefix + key }
}
