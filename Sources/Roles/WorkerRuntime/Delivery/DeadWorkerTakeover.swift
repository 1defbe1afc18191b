import EventBus
import Logging
import Metrics
import NIOConcurrencyHelpers

/// Takes over entries that another worker read and has not settled.
///
/// Every worker touches the entries it works on every `touchInterval`, and looks every `claimInterval`,
/// before it reads new entries, for those that nobody has touched for `claimIdle`: their worker is dead
/// or hangs (5 s, 5 s and 15 s: `WorkerConfiguration`). Whoever looks first gets them; the bus sees to it that nobody else does.
struct DeadWorkerTakeover {
  let consumer: String
  let configuration: WorkerConfiguration
  let delivery: RetryingDelivery

  private var nextClaim = Duration.zero
  private var nextForgetting = Duration.zero

  init(consumer: String, configuration: WorkerConfiguration, delivery: RetryingDelivery) {
    self.consumer = consumer
    self.configuration = configuration
    self.delivery = delivery
  }

  /// - Parameter limit: The most entries.
  /// - Returns: nil when it is not time to look, or nothing was found.
  mutating func next(limit: Int) async throws(BusError) -> LaneWork? {
    let environment = delivery.busCall.environment
    guard environment.elapsed() >= nextClaim else { return nil }
    nextClaim = environment.elapsed() + configuration.claimInterval
    await forgetDeadWorkers(at: environment.elapsed())
    guard await sinkTakesWrites() else { return nil }
    let claimed = try await delivery.journal.claimAbandoned(
      group: delivery.sink.name, consumer: consumer, idle: configuration.claimIdle, count: limit)
    // There may be more.
    if claimed.count >= limit { nextClaim = .zero }
    delivery.metrics.claimed.increment(by: claimed.count)
    // After an outage of the bus, in which nothing could be touched, these may be our own.
    let own = Set(claimed.isEmpty ? [] : delivery.inFlight.ids)
    let abandoned = claimed.filter { !own.contains($0.entry.id) }
    return abandoned.isEmpty
      ? nil : LaneWork(claimed: abandoned, policy: configuration.poison)
  }

  /// A worker that was killed could not leave the group. Nothing depends on it, so a failure may wait.
  private mutating func forgetDeadWorkers(at now: Duration) async {
    guard now >= nextForgetting else { return }
    nextForgetting = now + configuration.claimInterval * 12
    do throws(BusError) {
      let forgotten = try await delivery.journal.forgetConsumers(
        of: delivery.sink.name, silentFor: configuration.consumerSilence)
      guard forgotten > 0 else { return }
      delivery.logger.info(
        "consumers of workers that were killed are forgotten",
        metadata: ["group": "\(delivery.sink.name)", "count": "\(forgotten)"])
    } catch {
      delivery.logger.debug("consumers cannot be forgotten", metadata: ["error": "\(error)"])
    }
  }

  /// Writes to a sink that is down tell nothing about the events, and a worker that is killed meanwhile
  /// would leave them counted.
  private func sinkTakesWrites() async -> Bool {
    if delivery.availability.state == .up { return true }
    do throws(SinkError) {
      try await delivery.sink.check()
      return true
    } catch {
      return false
    }
  }
}

extension RetryingDelivery {
  /// Touches the entries in flight, so that nobody takes them over. Until cancelled; goes on while the
  /// sink drains.
  func keepInFlight(as consumer: String, touchingEvery interval: Duration) async {
    while !Task.isCancelled {
      do { try await busCall.environment.sleep(interval) } catch { return }
      let ids = inFlight.ids
      guard !ids.isEmpty else { continue }
      do throws(BusError) {
        try await journal.touch(group: sink.name, consumer: consumer, ids: ids)
        busCall.availability.markUp("touch")
      } catch .noGroup {
        // The reader makes it again.
      } catch {
        busCall.record(error, during: "touch")
      }
    }
  }
}

/// The entries that this consumer works on.
final class InFlightEntries: Sendable {
  private struct State {
    var nextBatch = 0
    var batches: [Int: [StreamID]] = [:]
  }

  private let state = NIOLockedValueBox(State())

  /// Returns the batch's number, for `end`.
  func begin(_ ids: [StreamID]) -> Int {
    state.withLockedValue { state in
      state.nextBatch += 1
      state.batches[state.nextBatch] = ids
      return state.nextBatch
    }
  }

  func end(_ batch: Int) {
    _ = state.withLockedValue { $0.batches.removeValue(forKey: batch) }
  }

  var ids: [StreamID] {
    state.withLockedValue { $0.batches.values.flatMap { $0 } }
  }
}
