import Sessions

/// Which events of a session may be appended side by side.
///
/// Two things depend on the order: the state, since each append applies the event's delta, so that the last
/// event that sets a key must follow all others that set it; and events of one time, which the service
/// gives back in an order of its own, most likely that in which they came.
struct AppendOrder {
  /// By place: how many must be appended before, and who waits.
  private var missing: [Int]
  private var followers: [[Int]]
  /// May be appended now; the next one is at the end.
  private var ready: [Int]

  /// - Parameter events: in order.
  init(_ events: [SessionEvent]) {
    missing = Array(repeating: 0, count: events.count)
    followers = Array(repeating: [], count: events.count)
    ready = []
    var setters: [String: [Int]] = [:]
    for (place, event) in events.enumerated() {
      if place > 0, events[place - 1].timestamp == event.timestamp { link(place - 1, place) }
      for key in event.stateDelta.keys { setters[key, default: []].append(place) }
    }
    for places in setters.values {
      for place in places.dropLast() { link(place, places[places.count - 1]) }
    }
    ready = events.indices.reversed().filter { missing[$0] == 0 }
  }

  /// The first event that may be appended now and was not given out yet; nil when there is none.
  mutating func next() -> Int? { ready.popLast() }

  /// The event at `place` has been appended.
  mutating func finish(_ place: Int) {
    for follower in followers[place] {
      missing[follower] -= 1
      if missing[follower] == 0 { ready.append(follower) }
    }
  }

  private mutating func link(_ first: Int, _ second: Int) {
    followers[first].append(second)
    missing[second] += 1
  }
}
