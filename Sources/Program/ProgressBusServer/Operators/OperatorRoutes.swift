import API
import EventBus
import Hummingbird

/// What the operators' page reads of the bus and the sinks. The scope of every route is `admin`.
struct OperatorRoutes: Sendable {
  let bus: RedisEventBus
  let journalCapacity: Int

  func add(to router: some RouterMethods<BasicRequestContext>) {
    router.get("/api/v1/bus") { [bus, journalCapacity] request, context in
      try await OperatorAnswer.json(request, context) { _ in
        try await BusReport.read(from: bus, capacity: journalCapacity).answer()
      }
    }
    router.get("/api/v1/sinks") { [bus] request, context in
      try await OperatorAnswer.json(request, context) { _ in
        try await SinkReport.read(from: bus).answer()
      }
    }
  }
}
