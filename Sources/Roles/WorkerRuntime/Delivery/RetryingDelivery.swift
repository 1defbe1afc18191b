import Concurrency
import EventBus
import Logging
import Metrics

/// Brings batches into one sink, trying again for as long as the sink is unavailable, and acknowledges
/// what is stored there or among the dead letters.
///
/// An entry is acknowledged only after one of the two: whatever breaks off before leaves it pending,
/// and it is delivered again.
struct RetryingDelivery: Sendable {
  let sink: any Sink
  let journal: any Journal
  let deadLetterStore: any DeadLetterStore
  let inFlight: InFlightEntries
  let availability: Availability
  let busCall: RetryingBusCall
  let metrics: SinkMetrics
  let logger: Logger

  private var environment: WorkerEnvironment { busCall.environment }

  /// Returns when every entry is settled, or when the worker stops and the rest stays pending.
  ///
  /// - Parameter attempts: The writes that the entries were part of before.
  func deliver(_ batch: [JournalEntry], attempts: Int = 0) async {
    let flight = inFlight.begin(batch.map(\.id))
    defer { inFlight.end(flight) }
    guard let batch = await acknowledgingForeign(batch) else { return }

    var bisection = BatchBisection(count: batch.count, attempts: attempts)
    var failures = 0
    while let range = bisection.next {
      let part = range.count == batch.count ? batch : Array(batch[range])
      do throws(SinkError) {
        let refusals = try await write(part)
        failures = 0
        availability.markUp()
        let attempts = bisection.stored()
        committed(part, without: refusals)
        let deadLetters = refusals.map {
          deadLetter(part[$0.index], reason: $0.reason, attempts: attempts)
        }
        guard await settle(part, deadLetters: deadLetters) else { return }
      } catch {
        switch error {
        case .refused(let reason):
          failures = 0
          availability.markUp()
          metrics.refusedBatches.increment()
          guard let culprit = bisection.refused() else { continue }
          let deadLetter = deadLetter(part[0], reason: reason, attempts: culprit.attempts)
          guard await settle(part, deadLetters: [deadLetter]) else { return }
        case .unavailable(let reason, let retryAfter):
          failures += 1
          bisection.unavailable()
          availability.markDown(reason)
          let delay = busCall.backoff.delay(
            afterFailures: failures, retryAfter: retryAfter, chance: environment.jitter())
          guard await busCall.stop.sleep(for: delay) else { return }
          metrics.retried()
        }
      }
    }
  }

  /// Puts an entry among the dead letters without another write.
  func moveToDeadLetters(_ entry: JournalEntry, reason: String, attempts: Int) async {
    let flight = inFlight.begin([entry.id])
    defer { inFlight.end(flight) }
    let deadLetters =
      isForeign(entry) ? [] : [deadLetter(entry, reason: reason, attempts: attempts)]
    _ = await settle([entry], deadLetters: deadLetters)
  }

  /// The entries that are meant for this sink; the replays for another one are acknowledged.
  ///
  /// - Returns: nil when the worker stops.
  private func acknowledgingForeign(_ batch: [JournalEntry]) async -> [JournalEntry]? {
    guard batch.contains(where: isForeign) else { return batch }
    guard await acknowledge(batch.filter(isForeign)) else { return nil }
    return batch.filter { !isForeign($0) }
  }

  private func isForeign(_ entry: JournalEntry) -> Bool {
    entry.target.map { $0 != sink.name } ?? false
  }

  private func write(_ part: [JournalEntry]) async throws(SinkError) -> [Refusal] {
    let start = environment.elapsed()
    defer {
      metrics.writeSeconds.recordNanoseconds((environment.elapsed() - start).wholeNanoseconds)
      metrics.batchEvents.record(part.count)
    }
    return try await sink.write(part)
  }

  private func deadLetter(
    _ entry: JournalEntry, reason: String, attempts: Int
  ) -> DeadLetter {
    DeadLetter(
      sink: sink.name, reason: reason, attempts: attempts, eventType: entry.eventType,
      payload: entry.payload)
  }

  private func committed(_ part: [JournalEntry], without refusals: [Refusal]) {
    metrics.wrote(part.count - refusals.count)
    let now = environment.unixMilliseconds()
    if refusals.isEmpty {
      for entry in part { metrics.committed(entry.id, now: now) }
    } else {
      let refused = Set(refusals.map(\.index))
      for (index, entry) in part.enumerated() where !refused.contains(index) {
        metrics.committed(entry.id, now: now)
      }
    }
  }

  /// Stores the dead letters, then acknowledges. A store whose answer gets lost is asked again, so a
  /// dead letter may be there twice; it is never missing.
  ///
  /// - Returns: false when the worker stops before both are done.
  private func settle(
    _ entries: [JournalEntry], deadLetters: [DeadLetter]
  ) async -> Bool {
    if let first = deadLetters.first {
      let stored: Void? = await busCall("dead_letter") { () async throws(BusError) in
        try await deadLetterStore.add(deadLetters)
      }
      guard stored != nil else { return false }
      metrics.deadLettered(deadLetters.count)
      logger.warning(
        "events refused for good are among the dead letters",
        metadata: [
          "sink": "\(sink.name)", "count": "\(deadLetters.count)", "reason": "\(first.reason)",
          "event_type": "\(first.eventType)", "attempts": "\(first.attempts)",
        ])
    }
    return await acknowledge(entries)
  }

  private func acknowledge(_ entries: [JournalEntry]) async -> Bool {
    let ids = entries.map(\.id)
    let done: Void? = await busCall("acknowledge") { () async throws(BusError) in
      do throws(BusError) {
        try await journal.acknowledge(group: sink.name, ids: ids)
      } catch .noGroup {
        // The bus lost its data, these entries included; the reader makes the group again.
      }
    }
    return done != nil
  }
}
