public import Events
public import NIOCore
public import RedisDriver

/// How the bus uses Redis.
public struct RedisEventBusConfiguration: Sendable {
  public static let defaultJournalCapacity = 1_000_000
  public static let defaultDeadLetterCapacity = 100_000

  public var location: RedisLocation
  public var keys: RedisKeys
  /// The most entries in the journal; when it holds them, publishing fails with `BusError.full`. Each partition has
  /// its share of it.
  public var journalCapacity: Int
  /// The most dead letters; when there are as many, refused events stay in the journal.
  public var deadLetterCapacity: Int
  /// The most events that wait for Redis on one event loop; past it, publishing fails at once.
  public var unansweredEventsPerLoop: Int
  /// The same in bytes of payload.
  public var unansweredBytesPerLoop: Int
  /// How many replicas must have an event before it counts as published, 0 for none: all that there are, or one of
  /// the others may confirm what the next primary never had.
  public var confirmedReplicas = 0
  /// How long they may take. One that keeps up answers within milliseconds, and senders wait for as long as this.
  public var confirmationTimeout = TimeAmount.seconds(1)
  /// The longest silence of Redis while an answer is due.
  public var responseTimeout: TimeAmount
  /// How long a connection may take to stand.
  public var connectTimeout: TimeAmount
  /// How long the channel may be silent before it is probed.
  public var probeInterval: TimeAmount
  /// The kinds of event, by which the learner of an event is found.
  public var catalog = EventCatalog.standard
  /// How long a server may answer that it is loading before another connection is tried.
  public var loadingGrace = TimeAmount.seconds(5)
  /// For an address of `rediss://`; nil for the system's authorities.
  public var tls: RedisTLS?

  public init(
    location: RedisLocation, keys: RedisKeys = RedisKeys(),
    journalCapacity: Int = defaultJournalCapacity,
    deadLetterCapacity: Int = defaultDeadLetterCapacity,
    unansweredEventsPerLoop: Int = 16_384, unansweredBytesPerLoop: Int = 32 << 20,
    responseTimeout: TimeAmount = .seconds(2), connectTimeout: TimeAmount = .seconds(2),
    probeInterval: TimeAmount = .seconds(5)
  ) {
    self.location = location
    self.keys = keys
    self.journalCapacity = journalCapacity
    self.deadLetterCapacity = deadLetterCapacity
    self.unansweredEventsPerLoop = unansweredEventsPerLoop
    self.unansweredBytesPerLoop = unansweredBytesPerLoop
    self.responseTimeout = responseTimeout
    self.connectTimeout = connectTimeout
    self.probeInterval = probeInterval
  }

  /// How many partitions the journal has.
  public var partitions: Int { keys.journals.count }
  var partitionCapacity: Int { (journalCapacity + partitions - 1) / partitions }

  func options(_ role: String) -> RedisConnectionOptions {
    RedisConnectionOptions(
      clientName: "progressbus-\(role)", connectTimeout: connectTimeout,
      responseTimeout: responseTimeout, probeInterval: probeInterval, tls: tls)
  }
}

/// The names that the bus uses in Redis. All begin with the deployment's namespace, where it has one:
/// databases part keys, and no channels.
public struct RedisKeys: Sendable, Equatable {
  private static let baseName = "progress-events"

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
  private let adoptedPrefix: String
  private let namespacePrefix: String

  /// - Parameter partitions: of the journal; their streams fall to different slots of a cluster, evenly for 6 on
  ///   three servers.
  public init(namespace: String? = nil, partitions: Int = 1) {
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
    revokedTokensRevision = "\(prefix):revoked-tokens:revision"
    erased = "\(prefix):erased"
    erasedVersion = "\(prefix):erased:version"
    adoptedPrefix = "\(prefix):adopted:"
  }

  /// - Parameter partition: as `StreamID` tells it.
  func journal(of partition: UInt16) -> String { journals[max(0, Int(partition) - 1)] }

  /// Holds the highest ordinal behind `mark` that some worker has adopted.
  func adopted(mark: String) -> String { adoptedPrefix + mark }

  /// Holds a value of `RedisCache`.
  func cached(_ key: String) -> String { namespacePrefix + key }
}
