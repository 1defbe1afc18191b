import Concurrency
import EventBus
import Logging
import Metrics
import NIOConcurrencyHelpers

/// Brings batches into one sink, trying again for as long as the sink is unavailable, and acknowledges
/// what is stored there or among the dead letters.
///
/// An entry is acknowledged only after one of the two: whatever breaks off before leaves it pending,
/// and it is delivered again. What is stored is acknowledged first, whatever becomes of the dead letters.
struct RetryingDelivery: Sendable {
  let sink: any Sink
  let journal: any Journal
  let deadLetters: DeadLetterWriter
  let inFlight: InFlightEntries
  let proof = ProofOfWriting()
  let setAside = SetAsideEntries()
  let reachedLimit = ReachedLimit()
  let availability: Availability
  let busCall: RetryingBusCall
  let metrics: SinkMetrics
  let logger: Logger

  private var environment: WorkerEnvironment { busCall.environment }

  /// Returns when every entry is settled or set aside, or when the worker stops and the rest stays pending.
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
        let kept = refusals.filter { $0.cause != .expired && $0.cause != .erased }
        guard await settle(part, refusals: kept, attempts: attempts) else { return }
      } catch {
        var isUp = false
        switch error {
        case .refused(let reason):
          failures = 0
          availability.markUp()
          metrics.refusedBatches.increment()
          guard let culprit = bisection.refused() else { continue }
          let refusal = Refusal(index: 0, reason: reason)
          guard await settle(part, refusals: [refusal], attempts: culprit.attempts) else { return }
          continue
        case .unavailable: bisection.unavailable()
        case .outOfTime: bisection.outOfTime()
        case .failed(let reason, _):
          switch bisection.failed(reason) {
          case .none: break
          case .wantsProof:
            switch await proof.isTaken(by: sink) {
            case true?:
              bisection.proved()
              availability.markUp()
              failures = 0
              isUp = true
            case false?: break
            case nil:
              guard bisection.unproved() else { return setAside.add(part) }
            }
          case .culprit(let culprit):
            let refusal = Refusal(
              index: 0, reason: "refused alone, while others are stored: \(reason)")
            guard await settle(part, refusals: [refusal], attempts: culprit.attempts) else {
              return
            }
            continue
          }
        }
        failures += 1
        if !isUp { availability.markDown(error.reason) }
        let delay = busCall.backoff.delay(
          afterFailures: failures, retryAfter: error.retryAfter, chance: environment.jitter())
        guard await busCall.stop.sleep(for: delay) else { return }
        metrics.retried()
      }
    }
  }

  /// Puts an entry among the dead letters without another write.
  func moveToDeadLetters(_ entry: JournalEntry, reason: String, attempts: Int) async {
    let flight = inFlight.begin([entry.id])
    defer { inFlight.end(flight) }
    let refusals = isForeign(entry) ? [] : [Refusal(index: 0, reason: reason)]
    _ = await settle([entry], refusals: refusals, attempts: attempts)
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

  private func committed(_ part: [JournalEntry], without refusals: [Refusal]) {
    metrics.wrote(part.count - refusals.count)
    metrics.expired(refusals.count { $0.cause == .expired })
    if let limit = refusals.first(where: { $0.cause == .limit }) { reachedLimit.note(limit.reason) }
    let now = environment.unixMilliseconds()
    let stored = Self.stored(part, without: refusals)
    for entry in stored { metrics.committed(entry.id, now: now) }
    if let last = stored.last(where: sink.isProof) { proof.keep(last) }
  }

  private static func stored(
    _ part: [JournalEntry], without refusals: [Refusal]
  ) -> [JournalEntry] {
    if refusals.isEmpty { return part }
    let refused = Set(refusals.map(\.index))
    return part.indices.filter { !refused.contains($0) }.map { part[$0] }
  }

  /// Acknowledges what is not refused, then moves the rest to the dead letters.
  ///
  /// - Returns: false when the worker stops before both are done.
  private func settle(
    _ part: [JournalEntry], refusals: [Refusal], attempts: Int
  ) async -> Bool {
    guard await acknowledge(Self.stored(part, without: refusals)) else { return false }
    if refusals.isEmpty { return true }
    return await deadLetters.add(
      refusals.map { refusal in
        let entry = part[refusal.index]
        return RefusedEntry(
          id: entry.id,
          deadLetter: DeadLetter(
            sink: sink.name, reason: refusal.reason, attempts: attempts,
            eventType: entry.eventType, payload: entry.payload))
      })
  }

  private func acknowledge(_ entries: [JournalEntry]) async -> Bool {
    if entries.isEmpty { return true }
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

/// Entries that wait to be written together with others, which show whether the sink takes any.
final class SetAsideEntries: Sendable {
  private let entries = NIOLockedValueBox<[JournalEntry]>([])

  func add(_ more: [JournalEntry]) { entries.withLockedValue { $0 += more } }

  func takeAll() -> [JournalEntry] {
    entries.withLockedValue { entries in
      defer { entries = [] }
      return entries
    }
  }
}

/// An event that a sink has stored: written again, it changes nothing and tells whether the sink takes
/// writes.
final class ProofOfWriting: Sendable {
  private let entry = NIOLockedValueBox<JournalEntry?>(nil)

  func keep(_ stored: JournalEntry) { entry.withLockedValue { $0 = stored } }

  /// Nil when nothing was stored yet.
  func isTaken(by sink: any Sink) async -> Bool? {
    guard let entry = entry.withLockedValue({ $0 }) else { return nil }
    do throws(SinkError) {
      let refusals = try await sink.write([entry])
      guard !refusals.contains(where: { $0.cause == .erased }) else {
        // It proves nothing, and must not be kept.
        self.entry.withLockedValue { $0 = nil }
        return nil
      }
      return refusals.isEmpty
    } catch {
      return false
    }
  }
}
