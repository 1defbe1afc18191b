import EventBus
import Logging
import Metrics
import NIOConcurrencyHelpers

/// Puts the events that a sink refuses for good among the dead letters.
///
/// While these are full, refused events stay pending with this worker and are tried again, and the sink
/// goes on with other events. When `waitingLimit` of them wait, the sink waits too: the journal then fills
/// and senders are told, so nothing is lost in silence.
final class DeadLetterWriter: Sendable {
  /// Refused events that wait for room in memory; an event is 64 KiB at most, most are under 1 KiB.
  static let waitingLimit = 1_000
  /// Events that one call tries.
  private static let triedAtOnce = 100

  private struct Waiting {
    let entry: RefusedEntry
    /// Its number among the entries in flight, which keeps other workers away.
    let flight: Int
  }

  private let sink: String
  private let store: any DeadLetterStore
  private let inFlight: InFlightEntries
  private let retryInterval: Duration
  private let busCall: RetryingBusCall
  private let metrics: SinkMetrics
  private let logger: Logger
  private let waiting = NIOLockedValueBox<[Waiting]>([])

  /// - Parameter retryInterval: how often what waits for room is tried again.
  init(
    sink: String, store: any DeadLetterStore, inFlight: InFlightEntries, retryInterval: Duration,
    busCall: RetryingBusCall, metrics: SinkMetrics, logger: Logger
  ) {
    self.sink = sink
    self.store = store
    self.inFlight = inFlight
    self.retryInterval = retryInterval
    self.busCall = busCall
    self.metrics = metrics
    self.logger = logger
  }

  /// Refused events that find no room.
  var waitingCount: Int { waiting.withLockedValue { $0.count } }

  /// Returns once each is among the dead letters, or waits for room there.
  ///
  /// - Returns: false when the worker stops before; what is left stays pending.
  func add(_ refused: [RefusedEntry]) async -> Bool {
    // Whoever waits already goes first.
    guard let settled = waitingCount == 0 ? await store(refused) : 0 else { return false }
    if settled < refused.count { keep(refused.dropFirst(settled)) }
    while waitingCount > Self.waitingLimit {
      guard await busCall.stop.sleep(for: retryInterval) else { return false }
    }
    return true
  }

  /// Tries again what waits for room, until the worker stops.
  func run() async {
    while await busCall.stop.sleep(for: retryInterval) {
      var settled = Self.triedAtOnce
      while settled == Self.triedAtOnce {
        let first = waiting.withLockedValue { $0.prefix(Self.triedAtOnce).map(\.entry) }
        guard let count = await store(first) else { return }
        remove(count)
        settled = count
      }
    }
  }

  /// - Returns: how many are settled; nil when the worker stops before the bus has answered.
  private func store(_ refused: [RefusedEntry]) async -> Int? {
    guard let first = refused.first?.deadLetter else { return 0 }
    let settled = await busCall("dead_letter") { () async throws(BusError) in
      try await store.add(refused)
    }
    guard let settled else { return nil }
    guard settled > 0 else { return 0 }
    metrics.deadLettered(settled)
    logger.warning(
      "events refused for good are among the dead letters",
      metadata: [
        "sink": "\(sink)", "count": "\(settled)", "reason": "\(first.reason)",
        "event_type": "\(first.eventType)", "attempts": "\(first.attempts)",
      ])
    return settled
  }

  private func keep(_ refused: ArraySlice<RefusedEntry>) {
    let isFirst = waiting.withLockedValue { waiting in
      defer {
        waiting += refused.map { Waiting(entry: $0, flight: inFlight.begin([$0.id])) }
        metrics.deadLettersWaiting.set(waiting.count)
      }
      return waiting.isEmpty
    }
    if isFirst {
      logger.error(
        "the dead letters are full: refused events stay in the journal until some are replayed or purged",
        metadata: ["sink": "\(sink)", "setting": "dead_letters.max_entries"])
    }
  }

  private func remove(_ settled: Int) {
    guard settled > 0 else { return }
    let isLast = waiting.withLockedValue { waiting in
      for settled in waiting.prefix(settled) { inFlight.end(settled.flight) }
      waiting.removeFirst(settled)
      metrics.deadLettersWaiting.set(waiting.count)
      return waiting.isEmpty
    }
    if isLast {
      logger.notice("there is room among the dead letters again", metadata: ["sink": "\(sink)"])
    }
  }
}
