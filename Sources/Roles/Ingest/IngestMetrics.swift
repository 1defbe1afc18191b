import CoreMetrics
import EventBus
import Metrics
import NIOCore
import Observability

/// What the ingest endpoint counts.
struct IngestMetrics: Sendable {
  private let seconds: Timer
  private let received: Counter
  private let accepted: Counter
  private let published: Counter
  private let invalid: Counter
  private let refusedByBus: Counter
  private let refusedByFullBus: Counter
  private let clients: [OtherClient: (taken: Counter, ignored: Counter, invalid: Counter)]

  init(factory: any MetricsFactory) {
    func rejected(_ reason: String) -> Counter {
      ProgressBusMetric.eventsRejected.counter([("reason", reason)], in: factory)
    }
    seconds = ProgressBusMetric.requestSeconds.timer(in: factory)
    received = ProgressBusMetric.eventsReceived.counter(in: factory)
    accepted = ProgressBusMetric.eventsAccepted.counter(in: factory)
    published = ProgressBusMetric.eventsPublished.counter(in: factory)
    invalid = rejected("invalid")
    refusedByBus = rejected("bus_unavailable")
    refusedByFullBus = rejected("bus_full")
    clients = Dictionary(
      uniqueKeysWithValues: OtherClient.allCases.map { client in
        func counter(_ outcome: String) -> Counter {
          ProgressBusMetric.otherClientEvents.counter(
            [("client", client.rawValue), ("outcome", outcome)], in: factory)
        }
        return (client, (counter("taken"), counter("ignored"), counter("invalid")))
      })
  }

  /// - Parameter duration: from the end of a request to the bus's confirmation.
  func answered(after duration: TimeAmount) {
    seconds.recordNanoseconds(duration.nanoseconds)
  }

  func decoded(_ batch: DecodedBatch) {
    received.increment(by: batch.accepted.count + batch.rejected.count)
    if !batch.rejected.isEmpty { invalid.increment(by: batch.rejected.count) }
  }

  /// - Parameter ignored: what there is no kind of event for.
  func translated(_ batch: DecodedBatch, ignored: Int, of client: OtherClient) {
    guard let counters = clients[client] else { return }
    counters.taken.increment(by: batch.accepted.count)
    counters.ignored.increment(by: ignored)
    counters.invalid.increment(by: batch.rejected.count)
  }

  /// Of a request that was refused as a whole.
  func translated(invalid: Int, of client: OtherClient) {
    clients[client]?.invalid.increment(by: invalid)
  }

  func accepted(_ count: Int) {
    accepted.increment(by: count)
    published.increment(by: count)
  }

  func refused(_ count: Int, because fault: BusFault) {
    switch fault {
    case .journalFull, .outOfMemory: refusedByFullBus.increment(by: count)
    default: refusedByBus.increment(by: count)
    }
  }
}
