import Concurrency
import EventBus
import Logging
import Metrics
import NIOCore

/// Fetches what the next free lane is to write: what dead workers left behind, then what is new.
struct SinkReader {
  let consumer: String
  let configuration: WorkerConfiguration
  let delivery: SinkDelivery

  private var size: ReadSize
  private var pace: ReadPace
  private var nextClaim = Duration.zero
  private var failures = 0

  init(consumer: String, configuration: WorkerConfiguration, delivery: SinkDelivery) {
    self.consumer = consumer
    self.configuration = configuration
    self.delivery = delivery
    size = ReadSize(maximum: delivery.sink.batchSize)
    pace = ReadPace(interval: configuration.readInterval)
  }

  private var sink: any Sink { delivery.sink }
  private var journal: any Journal { delivery.journal }
  private var environment: WorkerEnvironment { delivery.persistently.environment }

  /// Waits up to `readWait`, or for the backoff after an error of the bus; nil when there is nothing.
  mutating func next() async -> Haul? {
    do throws(BusError) {
      let haul = try await fetch()
      failures = 0
      delivery.persistently.availability.markUp()
      return haul
    } catch .noGroup {
      await makeGroupAgain()
    } catch {
      delivery.persistently.record(error, during: "read")
      await backOff()
    }
    return nil
  }

  private mutating func fetch() async throws(BusError) -> Haul? {
    if let haul = try await claim() { return haul }
    if let wait = pace.wait(at: environment.elapsed()) {
      guard await delivery.persistently.stop.sleep(for: wait) else { return nil }
    }
    let entries = try await journal.read(
      group: sink.name, consumer: consumer, count: size.count, wait: configuration.readWait)
    pace.note(entries: entries.count, at: environment.elapsed())
    size.note(
      entries: entries.count, bytes: entries.reduce(0) { $0 + $1.payload.readableBytes })
    return entries.isEmpty ? nil : Haul(batch: entries)
  }

  private mutating func claim() async throws(BusError) -> Haul? {
    guard environment.elapsed() >= nextClaim else { return nil }
    nextClaim = environment.elapsed() + configuration.claimInterval
    guard await sinkTakesWrites() else { return nil }
    let limit = size.count
    let claimed = try await journal.claimAbandoned(
      group: sink.name, consumer: consumer, idle: configuration.claimIdle, count: limit)
    // There may be more.
    if claimed.count >= limit { nextClaim = .zero }
    delivery.metrics.claimed.increment(by: claimed.count)
    // After an outage of the bus, in which nothing could be touched, these may be our own.
    let own = Set(claimed.isEmpty ? [] : delivery.inFlight.ids)
    let haul = Haul(
      claimed: claimed.filter { !own.contains($0.entry.id) }, policy: configuration.poison)
    return haul.isEmpty ? nil : haul
  }

  /// Claiming for a sink that is down would only wear the count of deliveries, and in the end put
  /// events among the dead letters that nobody refused.
  private func sinkTakesWrites() async -> Bool {
    if delivery.availability.state == .up { return true }
    do throws(SinkError) {
      try await sink.check()
      return true
    } catch {
      return false
    }
  }

  private mutating func makeGroupAgain() async {
    delivery.logger.warning(
      "the consumer group is gone, the bus may have lost its data: making it again",
      metadata: ["group": "\(sink.name)"])
    do throws(BusError) {
      try await journal.createGroup(sink.name)
      failures = 0
    } catch {
      delivery.persistently.record(error, during: "create_group")
      await backOff()
    }
  }

  private mutating func backOff() async {
    failures += 1
    let delay = delivery.persistently.schedule.delay(
      afterFailures: failures, chance: environment.jitter())
    _ = await delivery.persistently.stop.sleep(for: delay)
  }
}
