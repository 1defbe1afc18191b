public import Logging
public import NIOCore
import RedisDriver

/// The bus on one Redis server: its journal is a stream, its channel is pub/sub.
public final class RedisEventBus: Sendable {
  public let publisher: RedisEventPublisher
  public let journal: RedisJournal
  public let channel: RedisEventChannel
  public let adoptions: RedisAdoptionRegister
  public let deadLetters: RedisDeadLetterStore
  public let cache: RedisCache
  public let reports: RedisProcessReports
  public let keys: RedisKeys

  private let client: RedisClient
  private let readers: BlockingConnections

  /// Starts to connect. Returns when the first attempts have ended, well or badly: an unreachable
  /// Redis is no failure here, what is asked of the bus fails until it is there.
  ///
  /// - Throws: `BusError.unavailable` only when the event loops are shut down.
  public static func start(
    _ configuration: RedisEventBusConfiguration, on group: any EventLoopGroup, logger: Logger
  ) async throws(BusError) -> RedisEventBus {
    let outage = OutageLog(logger: logger)
    let client: RedisClient
    do {
      client = try await RedisClient.start(
        address: configuration.address, options: configuration.options("commands"),
        scripts: RedisJournal.scripts + RedisAdoptionRegister.scripts
          + RedisDeadLetterStore.scripts + RedisProcessReports.scripts,
        eventLoop: group.next(), outage: outage
      ).get()
    } catch {
      throw BusError(error)
    }
    let publisher = await RedisEventPublisher.start(configuration, on: group, outage: outage)
    // Its failure is logged, and told to whoever asks something of the bus.
    try? await client.waitUntilConnected()
    return RedisEventBus(
      configuration, group: group, client: client, publisher: publisher, logger: logger)
  }

  private init(
    _ configuration: RedisEventBusConfiguration, group: any EventLoopGroup, client: RedisClient,
    publisher: RedisEventPublisher, logger: Logger
  ) {
    keys = configuration.keys
    let capacity = configuration.journalCapacity
    self.client = client
    self.publisher = publisher
    readers = BlockingConnections(
      address: configuration.address, options: configuration.options("journal"), group: group)
    journal = RedisJournal(keys: keys, client: client, readers: readers, logger: logger)
    channel = RedisEventChannel(configuration, client: client, group: group, logger: logger)
    adoptions = RedisAdoptionRegister(
      keys: keys, journalCapacity: capacity, deadLetterCapacity: configuration.deadLetterCapacity,
      client: client)
    cache = RedisCache(client: client)
    reports = RedisProcessReports(keys: keys, client: client)
    deadLetters = RedisDeadLetterStore(
      keys: keys, capacity: configuration.deadLetterCapacity, journalCapacity: capacity,
      client: client)
  }

  /// Asks the server about itself. What it does not tell is nil.
  public func report() async throws(BusError) -> RedisServerReport {
    do throws(BusError) {
      return RedisServerReport(info: try await client.send(["INFO"]).text ?? "")
    } catch .unavailable(let reason) where reason.hasPrefix("NOPERM") {
      return RedisServerReport()
    }
  }

  /// Connections that are subscribed to the channel, those of this product included; nil when this
  /// account may not ask.
  public func channelSubscribers() async throws(BusError) -> Int? {
    do throws(BusError) {
      let reply = try await client.send(["PUBSUB", "NUMSUB", .string(keys.channel)])
      return reply.array?.last?.integer
    } catch .unavailable(let reason) where reason.hasPrefix("NOPERM") {
      return nil
    }
  }

  /// Proves that Redis answers, for `/health/ready`.
  public func check() async throws(BusError) {
    _ = try await client.send(["PING"])
  }

  /// Closes all connections; what is unanswered fails. End `channel.listen` by cancelling its task.
  public func close() {
    publisher.close()
    readers.close()
    client.close()
  }
}
