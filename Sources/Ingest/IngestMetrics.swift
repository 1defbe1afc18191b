import Metrics

/// What the ingest endpoint counts.
struct IngestMetrics: Sendable {
  let received = Counter(label: "progressbus_events_received_total")
  let accepted = Counter(label: "progressbus_events_accepted_total")
  let published = Counter(label: "progressbus_events_published_total")
  private let rejectedEvents = Self.rejected("invalid")
  private let refusedByBus = Self.rejected("bus_unavailable")
  private let refusedByFullBus = Self.rejected("bus_full")

  private static func rejected(_ reason: String) -> Counter {
    Counter(label: "progressbus_events_rejected_total", dimensions: [("reason", reason)])
  }

  func decoded(_ batch: DecodedBatch) {
    received.increment(by: batch.accepted.count + batch.rejected.count)
    if !batch.rejected.isEmpty { rejectedEvents.increment(by: batch.rejected.count) }
  }

  func accepted(_ count: Int) {
    accepted.increment(by: count)
    published.increment(by: count)
  }

  func refused(_ count: Int, isFull: Bool) {
    (isFull ? refusedByFullBus : refusedByBus).increment(by: count)
  }
}
