public import Events
public import NIOCore
public import RedisDriver

/// How the bus uses Redis.
public struct RedisEventBusConfiguration: Sendable {
  public static let defaultJournalCapacity = 1_000_000
  public static let defaultDeadLetterCapacity = 100_000

  public var location: RedisLocation
  public var keys: RedisKeys
  /// The most entries in the journal; when it holds them, publishing fails with `BusError.full`.
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
  /// The stream that is the journal.
  public let journal: String
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

  public init(namespace: String? = nil) {
    namespacePrefix = namespace.map { "\($0):" } ?? ""
    let prefix = namespacePrefix + Self.baseName
    channel = prefix
    journal = "\(prefix):journal"
    deadLetters = "\(prefix):dead-letters"
    marks = "\(prefix):marks"
    workers = "\(prefix):workers"
    revokedTokens = "\(prefix):revoked-tokens"
    revokedTokensRevision = "\(prefix):revoked-tokens:revision"
    erased = "\(prefix):erased"
    erasedVersion = "\(prefix):erased:version"
    adoptedPrefix = "\(prefix):adopted:"
  }

  /// Holds the highest ordinal behind `mark` that some worker has adopted.
  func adopted(mark: String) -> String { adoptedPrefix + mark }

  /// Holds a value of `RedisCache`.
  func cached(_ key: String) -> String { namespacePrefix + key }
}
