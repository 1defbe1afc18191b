import Sessions

/// Something that is done to a copied session behind everybody's back, and what a validation is to find.
public struct PlantedDifference: Sendable, CustomStringConvertible {
  public let description: String
  /// The name of what is found, as reports have it.
  public let found: String
  /// Does it to a session of the stub; returns what undoes it.
  public let plant: @Sendable (AgentEngineStub, _ id: String) -> @Sendable () -> Void

  private init(
    _ description: String, _ found: String,
    _ tampering:
      @escaping @Sendable (inout [String: SessionValue], inout [[String: SessionValue]]) -> Void
  ) {
    self.description = description
    self.found = found
    plant = { stub, id in stub.tamper(id, tampering) }
  }

  private init(
    _ description: String, _ found: String,
    plant: @escaping @Sendable (AgentEngineStub, String) -> @Sendable () -> Void
  ) {
    self.description = description
    self.found = found
    self.plant = plant
  }

  /// For sessions of `SampleSessions`, with four events at least.
  public static let all: [PlantedDifference] = [
    Self("the session is gone", "missing") { stub, id in stub.remove(id) },
    Self("a value has changed", "session_state") { state, _ in state["counter"] = .integer(99) },
    Self("a key is gone", "session_state") { state, _ in state["topic"] = nil },
    Self("a null is there", "session_state") { state, _ in state["new"] = .null },
    Self("the user's state has changed", "user_state") { state, _ in
      state["user:level"] = .string("7")
    },
    Self("the app's state has changed", "app_state") { state, _ in
      state["app:theme"] = .string("light")
    },
    Self("the last event is gone", "event_count") { _, events in events.removeLast() },
    Self("an event has another id", "event_ids") { _, events in
      events[1]["rawEvent"] = replaced(events[1]["rawEvent"], "id", "x")
    },
    Self("a member of an event is gone", "event_content") { _, events in
      events[0]["rawEvent"] = replaced(events[0]["rawEvent"], "turnComplete", nil)
    },
    Self("an event has another author", "event_content") { _, events in
      events[0]["author"] = .string("someone")
    },
    Self("an event is two seconds early", "event_time") { _, events in
      events[0]["timestamp"] = .string("2023-11-14T22:13:18.000000Z")
    },
    Self("two events have changed places", "event_order") { _, events in
      let time = events[0]["timestamp"]
      events[0]["timestamp"] = events[1]["timestamp"]
      events[1]["timestamp"] = time
    },
  ]

  private static func replaced(
    _ value: SessionValue?, _ name: String, _ text: String?
  ) -> SessionValue? {
    guard var members = value?.members else { return value }
    members[name] = text.map { .string($0) }
    return .map(members)
  }
}
