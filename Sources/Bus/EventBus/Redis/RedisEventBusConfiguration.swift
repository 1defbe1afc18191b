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
  /// Whether the number of partitions is agreed upon with Redis, and written there by the first: not by who only looks.
  public var agreesOnPartitions = true
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

  /// Why the bus cannot be had in this way; nil where it can.
  public var contradiction: String? {
    guard case .cluster = location else { return nil }
    return if partitions == 1 {
      "must be 2 at least on a Redis Cluster, where one stream lies on one node: 6 on three masters"
    } else if !keys.areInCluster {
      "the names of the keys are those of one server"
    } else {
      nil
    }
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
