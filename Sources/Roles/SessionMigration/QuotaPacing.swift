public import Sessions
import Synchronization

/// Keeps all workers of a migration together below a number of writes a minute, evenly.
///
/// Agent Engine's quotas are per project and region; their documented defaults are 100 session writes and
/// 300 appends a minute.
public final class QuotaPacing: WritePacing {
  public static let documentedQuotas: [SessionWrite: Int] = [.session: 100, .append: 300]

  private struct State {
    /// When the next write of a kind may go out.
    var next: [SessionWrite: ContinuousClock.Instant] = [:]
    /// Until when nobody may write at all.
    var blocked: ContinuousClock.Instant?
    var slowDowns = 0
  }

  private let intervals: [SessionWrite: Duration]
  private let slowDownWait: Duration
  private let state = Mutex(State())
  private let clock = ContinuousClock()

  /// - Parameters:
  ///   - perMinute: by kind; none or 0 for no limit.
  ///   - slowDownWait: how long all wait when the store asks for fewer calls and says no time.
  public init(perMinute: [SessionWrite: Int], slowDownWait: Duration = .seconds(1)) {
    intervals = perMinute.filter { $0.value > 0 }.mapValues { .seconds(60) / $0 }
    self.slowDownWait = slowDownWait
  }

  /// How often the store has asked for fewer calls.
  public var slowDowns: Int { state.withLock { $0.slowDowns } }

  public func pass(_ write: SessionWrite) async {
    let now = clock.now
    let turn = state.withLock { state -> ContinuousClock.Instant in
      let turn = max(now, state.next[write] ?? now)
      if let interval = intervals[write] { state.next[write] = turn + interval }
      return turn
    }
    await sleep(until: turn)
    // Others may have been told to slow down while this one waited for its turn.
    while let blocked = state.withLock({ $0.blocked }), blocked > clock.now, !Task.isCancelled {
      await sleep(until: blocked)
    }
  }

  public func slowDown(_ write: SessionWrite, for wait: Duration?) async {
    let end = clock.now + min(wait ?? slowDownWait, .seconds(300))
    state.withLock { state in
      state.slowDowns += 1
      state.blocked = max(end, state.blocked ?? end)
    }
  }

  private func sleep(until moment: ContinuousClock.Instant) async {
    guard moment > clock.now else { return }
    // Whoever is cancelled finds out at its next step.
    try? await Task.sleep(until: moment, clock: clock)
  }
}
