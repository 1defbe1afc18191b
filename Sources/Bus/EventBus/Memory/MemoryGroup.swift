/// A consumer group of the in-memory journal.
struct MemoryGroup {
  struct Pending {
    var consumer: String
    var touched: ContinuousClock.Instant
    var deliveries: Int
  }

  var lastDelivered = StreamID.zero
  var pending: [StreamID: Pending] = [:]
}
