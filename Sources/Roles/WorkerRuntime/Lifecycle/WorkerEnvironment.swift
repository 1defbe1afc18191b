public import Foundation

/// Time and chance, as the worker sees them.
public struct WorkerEnvironment: Sendable {
  let sleep: @Sendable (Duration) async throws -> Void
  /// Time since some moment in the past; never goes back.
  let elapsed: @Sendable () -> Duration
  /// Milliseconds since 1970.
  let unixMilliseconds: @Sendable () -> UInt64
  /// A random number in `0..<1`.
  let jitter: @Sendable () -> Double

  public init<C: Clock>(
    clock: C = ContinuousClock(),
    unixMilliseconds: @escaping @Sendable () -> UInt64 = {
      UInt64(max(0, Date().timeIntervalSince1970 * 1_000))
    },
    jitter: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) }
  ) where C.Duration == Duration {
    let origin = clock.now
    sleep = { try await clock.sleep(for: $0) }
    elapsed = { origin.duration(to: clock.now) }
    self.unixMilliseconds = unixMilliseconds
    self.jitter = jitter
  }
}
