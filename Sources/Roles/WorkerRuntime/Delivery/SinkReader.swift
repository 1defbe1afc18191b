import Concurrency
import EventBus
import Logging
import Metrics
import NIOCore

/// Fetches what the next free lane is to write: what dead workers left behind, then what is new.
struct SinkReader {
  let consumer: String
  let configuration: WorkerConfiguration
  let delivery: RetryingDelivery

  private var size: ReadSize
  private var pace: ReadPace
  private var takeover: DeadWorkerTakeover
  private var failures = 0

  init(consumer: String, configuration: WorkerConfiguration, delivery: RetryingDelivery) {
    self.consumer = consumer
    self.configuration = configuration
    self.delivery = delivery
    size = ReadSize(maximum: delivery.sink.batchSize)
    pace = ReadPace(interval: configuration.readInterval)
    takeover = DeadWorkerTakeover(
      consumer: consumer, configuration: configuration, delivery: delivery)
  }

  private var sink: any Sink { delivery.sink }
  private var journal: any Journal { delivery.journal }
  private var environment: WorkerEnvironment { delivery.busCall.environment }

  /// Waits up to `readWait`, or for the backoff after an error of the bus; nil when there is nothing.
  mutating func next() async -> LaneWork? {
    do throws(BusError) {
      let work = try await fetch()
      failures = 0
      delivery.busCall.availability.markUp("read")
      return work
    } catch .noGroup {
      await makeGroupAgain()
    } catch {
      delivery.busCall.record(error, during: "read")
      await backOff()
    }
    return nil
  }

  private mutating func fetch() async throws(BusError) -> LaneWork? {
    if let work = try await takeover.next(limit: min(size.count, ReadSize.takeover)) {
      return work
    }
    if let wait = pace.wait(at: environment.elapsed()) {
      guard await delivery.busCall.stop.sleep(for: wait) else { return nil }
    }
    let entries = try await journal.read(
      group: sink.name, consumer: consumer, count: size.count, bytes: ReadSize.bytes,
      wait: configuration.readWait)
    pace.note(entries: entries.count, at: environment.elapsed())
    size.note(entries: entries.count)
    return entries.isEmpty ? nil : LaneWork(batch: entries)
  }

  private mutating func makeGroupAgain() async {
    delivery.logger.warning(
      "the consumer group is gone, the bus may have lost its data: making it again",
      metadata: ["group": "\(sink.name)"])
    do throws(BusError) {
      try await journal.createGroup(sink.name)
      delivery.busCall.availability.markUp("create_group")
      failures = 0
    } catch {
      delivery.busCall.record(error, during: "create_group")
      await backOff()
    }
  }

  private mutating func backOff() async {
    failures += 1
    let delay = delivery.busCall.backoff.delay(
      afterFailures: failures, chance: environment.jitter())
    _ = await delivery.busCall.stop.sleep(for: delay)
  }
}
