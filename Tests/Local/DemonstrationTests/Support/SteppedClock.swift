import Events
import Synchronization

/// A clock that moves on only when somebody sleeps, and ends the run after some sleeps.
final class SteppedClock: Sendable {
  private struct State {
    var now: Timestamp
    var slept: [Duration] = []
  }

  private let state: Mutex<State>
  private let pauses: Int

  init(at now: Timestamp, pauses: Int) {
    state = Mutex(State(now: now))
    self.pauses = pauses
  }

  var now: Timestamp { state.withLock { $0.now } }
  var slept: [Duration] { state.withLock { $0.slept } }

  func sleep(_ duration: Duration) throws {
    try state.withLock {
      $0.slept.append(duration)
      if $0.slept.count == pauses { throw CancellationError() }
      $0.now = $0.now + duration
    }
  }
}
