public import CoreMetrics
public import Logging
public import NIOCore
import RedisDriver

/// The bus on one Redis server, or on the nodes of a cluster: its journal is a stream, or several, its channel is pub/sub.
public final class RedisEventBus: Sendable {
  public let publisher: RedisEventPublisher
  public let journal: any Journal
  public let channel: RedisEventChannel
  public let adoptions: RedisAdoptionRegister
  public let deadLetters: RedisDeadLetterStore
  public let cache: RedisCache
  public let reports: RedisProcessReports
  public let revokedTokens: RedisRevokedTokens
  /// Whose events are dropped.
  public let erased: ErasedLearners
  public let erasedStore: RedisErasedLearners
  public let keys: RedisKeys

  /// Those of the journal.
  let journalStreams: [RedisJournal]
  private let configuration: RedisEventBusConfiguration
  private let client: RedisClient
  private let readers: BlockingConnections
  private let watch: BusWatch
  /// Nil where there is no cluster.
  private let topology: ClusterTopology?
  private let watching: Task<Void, Never>
  private let watchingErased: Task<Void, Never>
  /// What watches over where Redis is, and over arrivals in a cluster.
  private let watchingServers: [Task<Void, Never>]

  /// Starts to connect. Returns when the first attempts have ended, well or badly: an unreachable
  /// Redis is no failure here, what is asked of the bus fails until it is there.
  ///
  /// - Throws: `BusError.unavailable` only when the event loops are shut down.
  public static func start(
    _ configuration: RedisEventBusConfiguration, on group: any EventLoopGroup,
    metrics: any MetricsFactory = MetricsSystem.factory, logger: Logger
  ) async throws(BusError) -> RedisEventBus {
    if let contradiction = configuration.contradiction { throw .unavailable(contradiction) }
    let subscriptions = OpenSubscriptions()
    let topology = ClusterTopology(configuration, on: group.next(), logger: logger)
    let condition = BusCondition(
      logger: logger, metrics: metrics, isClustered: topology != nil
    ) { answer in
      // Every node of a cluster relays the channel.
      if topology == nil { subscriptions.leave(because: answer) }
    }
    let connector = PrimaryConnector(
      configuration: configuration,
      watch: SentinelWatch(configuration, on: group.next(), logger: logger),
      cluster: topology.map {
        ClusterConnector(
          configuration: configuration, topology: $0, agreement: PartitionAgreement())
      })
    let client: RedisClient
    do {
      client = try await RedisClient.start(
        connector,
        scripts: RedisJournal.scripts + RedisAdoptionRegister.scripts
          + [.chooseNode] + RedisDeadLetterStore.scripts + RedisProcessReports.scripts
          + RedisRevokedTokens.scripts + RedisErasedLearners.scripts,
        eventLoop: group.next(), condition: condition
      ).get()
    } catch {
      throw BusError(error)
    }
    let publisher = await RedisEventPublisher.start(connector, on: group, condition: condition)
    // Its failure is logged, and told to whoever asks something of the bus.
    try? await client.waitUntilConnected()
    let erased = ErasureWatch(
      store: RedisErasedLearners(keys: configuration.keys, client: client),
      learners: ErasedLearners(
        catalog: configuration.catalog, publisher: publisher, metrics: metrics, logger: logger))
    // Before the first event is published, where Redis answers.
    await erased.look()
    return RedisEventBus(
      connector, group: group, subscriptions: subscriptions,
      watch: BusWatch(condition: condition, publisher: publisher, client: client), erased: erased,
      logger: logger)
  }

  private init(
    _ connector: PrimaryConnector, group: any EventLoopGroup,
    subscriptions: OpenSubscriptions, watch: BusWatch, erased: ErasureWatch, logger: Logger
  ) {
    let configuration = connector.configuration
    self.configuration = configuration
    topology = connector.cluster?.topology
    keys = configuration.keys
    let arrivals = connector.cluster.map { _ in JournalArrivals(connector, on: group.next()) }
    watchingServers =
      [
        connector.watch.map { watch in Task { await watch.run() } },
        connector.cluster.map { cluster in Task { await cluster.topology.run() } },
        arrivals.map { arrivals in Task { await arrivals.run() } },
      ].compactMap { $0 }
    let partitions = SharedPartitioner(
      EventPartitioner(partitions: configuration.partitions, catalog: configuration.catalog))
    self.watch = watch
    watching = Task { await watch.run() }
    watchingErased = Task { await erased.run() }
    self.erased = erased.learners
    erasedStore = erased.store
    let client = watch.client
    self.client = client
    publisher = watch.publisher
    let readers = BlockingConnections(connector, group: group)
    self.readers = readers
    let streams = configuration.keys.journals.indices.map { index in
      RedisJournal(
        keys: configuration.keys, index: index, client: client, readers: readers, logger: logger)
    }
    journalStreams = streams
    journal =
      streams.count == 1
      ? streams[0]
      : PartitionedJournal(
        streams, client: client, readers: readers, arrivals: arrivals)
    let listeningNode = connector.cluster.map {
      ListeningNode($0.topology, client: client, keys: configuration.keys)
    }
    channel = RedisEventChannel(
      connector, client: client, open: subscriptions, listeningNode: listeningNode, group: group,
      logger: logger)
    adoptions = RedisAdoptionRegister(
      configuration, partitions: partitions, client: client, listeningNode: listeningNode,
      erased: erased.learners)
    cache = RedisCache(keys: keys, client: client)
    reports = RedisProcessReports(keys: keys, client: client)
    revokedTokens = RedisRevokedTokens(keys: keys, client: client)
    deadLetters = RedisDeadLetterStore(configuration, partitions: partitions, client: client)
  }

  /// Asks each server that has keys about itself, as `report` does.
  public func reports() async throws(BusError) -> [RedisServerReport] {
    do throws(BusError) {
      return try await client.sendToAll(["INFO"]).map { RedisServerReport(info: $0.text ?? "") }
    } catch .unavailable(.accessDenied, _) {
      return [RedisServerReport()]
    }
  }

  /// How many partitions the journal was given first; nil where nobody has written it down.
  public func storedPartitions() async throws(BusError) -> Int? {
    try await client.send(["GET", .string(keys.partitions)]).text.flatMap { Int($0) }
  }

  /// Who has what in the cluster, as one of its nodes says; nil where there is none.
  public func clusterLayout() async throws(BusError) -> ClusterLayout? {
    guard let topology else { return nil }
    do {
      try await topology.refresh().get()
    } catch {
      throw BusError(error)
    }
    return topology.map.map { ClusterLayout($0) }
  }

  /// Asks the server about itself; in a cluster one of them. What it does not tell is nil.
  public func report() async throws(BusError) -> RedisServerReport {
    do throws(BusError) {
      return RedisServerReport(info: try await client.send(["INFO"]).text ?? "")
    } catch .unavailable(.accessDenied, _) {
      return RedisServerReport()
    }
  }

  /// How many replicas must have an event before it counts as published.
  public var confirmedReplicas: Int { configuration.confirmedReplicas }

  /// How many replicas the Sentinels know, those included that are away now; nil without Sentinels.
  public func replicasOfSentinels() async throws(BusError) -> Int? {
    guard case .sentinels(let sentinels) = configuration.location else { return nil }
    do {
      return try await SentinelQuestions(sentinels, options: configuration.options("sentinel"))
        .replicas(on: client.eventLoop).get()
    } catch {
      throw BusError(error)
    }
  }

  /// Connections that are subscribed to the channel, those of this product included; nil when this
  /// account may not ask.
  public func channelSubscribers() async throws(BusError) -> Int? {
    do throws(BusError) {
      let replies = try await client.sendToAll(["PUBSUB", "NUMSUB", .string(keys.channel)])
      return replies.reduce(0) { $0 + ($1.array?.last?.integer ?? 0) }
    } catch .unavailable(.accessDenied, _) {
      return nil
    }
  }

  /// Proves that Redis answers, and that it is the right server. It may take no events.
  public func check() async throws(BusError) {
    try await client.waitUntilConnected()
    do throws(BusError) {
      _ = try await client.send(["PING"])
    } catch .unavailable(.accessDenied, _) {
      // That is an answer.
    }
  }

  /// Why events are not taken now; empty when each event loop's connection would have one taken at this
  /// moment. A fault is among them until a second after it was met last.
  public func faults() async -> [LastingFault] {
    let known = watch.condition.faults
    guard known.isEmpty else { return known }
    await watch.ask()
    return watch.condition.faults
  }

  /// Closes all connections; what is unanswered fails. End `channel.listen` by cancelling its task.
  public func close() {
    watching.cancel()
    watchingErased.cancel()
    for task in watchingServers { task.cancel() }
    publisher.close()
    readers.close()
    client.close()
  }
}
