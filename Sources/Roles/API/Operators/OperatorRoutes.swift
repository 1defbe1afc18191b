import Access
public import DeadLetters
public import EventBus
public import Hummingbird
public import Observability

/// What the operators' page asks: how the bus and the sinks are, and their dead letters. The scope of
/// every route is `admin`.
public struct OperatorRoutes: Sendable {
  private let bus: RedisEventBus
  private let journalCapacity: Int
  private let deadLetters: DeadLetterRoutes

  /// - Parameters:
  ///   - journalCapacity: entries that the journal holds at most.
  ///   - sinks: the names of those that dead letters can be of, as a filter may name them.
  ///   - audit: where what operators do is noted; nil without a database.
  public init(
    bus: RedisEventBus, journalCapacity: Int, deadLetters: DeadLetterService, sinks: [String],
    audit: (any AuditLog)?
  ) {
    self.bus = bus
    self.journalCapacity = journalCapacity
    self.deadLetters = DeadLetterRoutes(
      service: deadLetters, sinks: sinks, audit: AuditTrail(log: audit))
  }

  public func add<Context: RequestContext>(to router: some RouterMethods<Context>) {
    router.get("/api/v1/bus") { [bus, journalCapacity] request, context in
      try await APIAnswer.json(request, context) { _ in
        try await BusReport.read(from: bus, capacity: journalCapacity).answer()
      }
    }
    router.get("/api/v1/sinks") { [bus] request, context in
      try await APIAnswer.json(request, context) { _ in
        try await SinkReport.read(from: bus).answer()
      }
    }
    deadLetters.add(to: router)
  }
}
