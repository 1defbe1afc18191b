import EventBus
import Logging
import Observability

/// Reads the journal in the sink's consumer group and keeps the sink's lanes busy.
///
/// A batch is read only when a lane is free, so nothing waits in memory: under load a batch fills
/// while the lanes write, and with little traffic an event is written at once.
struct SinkConsumer: Sendable {
  let consumer: String
  let configuration: WorkerConfiguration
  let delivery: RetryingDelivery

  private var sink: any Sink { delivery.sink }
  private var journal: any Journal { delivery.journal }
  private var stop: StopSignal { delivery.busCall.stop }
  private var environment: WorkerEnvironment { delivery.busCall.environment }

  /// Returns once the worker has stopped, what was in flight is settled or left pending, and the
  /// sink is closed.
  func run() async {
    let work = Task { await consume() }
    let keeper = Task {
      await delivery.keepInFlight(as: consumer, touchingEvery: configuration.touchInterval)
    }
    let writer = Task { await delivery.deadLetters.run() }
    await stop.wait()
    if await !Drain.finishes(
      work, within: configuration.drainDeadline, environment: environment)
    {
      delivery.logger.warning(
        "the sink did not finish in time: others will take over what is pending",
        metadata: ["sink": "\(sink.name)", "pending": "\(delivery.inFlight.ids.count)"])
      work.cancel()
    }
    keeper.cancel()
    writer.cancel()
    do {
      try await journal.leave(group: sink.name, consumer: consumer)
    } catch {
      delivery.logger.debug("cannot leave the group", metadata: ["reason": "\(error)"])
    }
    await sink.close()
  }

  private func consume() async {
    await makeGroup()
    await withTaskGroup(of: Void.self) { lanes in
      var reader = SinkReader(consumer: consumer, configuration: configuration, delivery: delivery)
      var busy = 0
      while !stop.isStopped {
        if busy == max(1, sink.lanes) {
          await lanes.next()
          busy -= 1
          continue
        }
        let found = await reader.next()
        let setAside = delivery.setAside.takeAll()
        guard found != nil || !setAside.isEmpty else { continue }
        var work = found ?? LaneWork(batch: [])
        work.batch = setAside + work.batch
        busy += 1
        lanes.addTask { await deliver(work) }
      }
    }
  }

  private func makeGroup() async {
    _ = await delivery.busCall("create_group") { () async throws(BusError) in
      try await journal.createGroup(sink.name)
    }
  }

  private func deliver(_ work: LaneWork) async {
    // What waits for its turn is touched as well.
    let flight = delivery.inFlight.begin(work.ids)
    defer { delivery.inFlight.end(flight) }
    if !work.batch.isEmpty { await delivery.deliver(work.batch) }
    for claim in work.poison where !stop.isStopped {
      let reason = "\(claim.attempts) workers stopped while they wrote this event"
      await delivery.moveToDeadLetters(claim.entry, reason: reason, attempts: claim.attempts)
    }
    if !work.claimed.isEmpty { await deliver(claimed: work.claimed) }
    for suspect in work.suspects where !stop.isStopped { await deliver(claimed: [suspect]) }
  }

  /// Writes what was taken over, and notes before that it does: should this process die meanwhile, the
  /// next one knows what was in the write.
  private func deliver(claimed: [ClaimedEntry]) async {
    guard await note(claimed, more: 1) else { return }
    await delivery.deliver(claimed.map(\.entry), attempts: claimed[0].attempts)
    // The worker stops, and the write did not kill it.
    if stop.isStopped { _ = await note(claimed, more: 0) }
  }

  private func note(_ claimed: [ClaimedEntry], more: Int) async -> Bool {
    for (attempts, claims) in Dictionary(grouping: claimed, by: \.attempts) {
      let noted: Void? = await delivery.busCall("claim") { () async throws(BusError) in
        try await journal.noteAttempt(
          group: sink.name, consumer: consumer, ids: claims.map(\.entry.id),
          attempts: attempts + more)
      }
      guard noted != nil else { return false }
    }
    return true
  }
}
