/// Hands out times for calls so that no second has more of them than allowed.
struct CallSchedule {
  private let limit: Int
  /// The times of the last `limit` calls, oldest first.
  private var slots: [ContinuousClock.Instant] = []

  init(callsPerSecond: Int) {
    precondition(callsPerSecond > 0, "at least one call a second")
    limit = callsPerSecond
  }

  /// When a call that is asked for at `now` may start.
  mutating func reserve(at now: ContinuousClock.Instant) -> ContinuousClock.Instant {
    var slot = max(now, slots.last ?? now)
    if slots.count == limit { slot = max(slot, slots.removeFirst() + .seconds(1)) }
    slots.append(slot)
    return slot
  }
}

/// Lets at most so many calls start in any one second, in the order in which they ask.
actor CallLimiter {
  private var schedule: CallSchedule

  init(callsPerSecond: Int) {
    schedule = CallSchedule(callsPerSecond: callsPerSecond)
  }

  /// Returns when the call may start.
  func admit() async throws(CancellationError) {
    let slot = schedule.reserve(at: .now)
    guard slot > .now else { return }
    do { try await Task.sleep(until: slot) } catch { throw CancellationError() }
  }
}
