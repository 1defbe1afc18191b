public import Concurrency
import EventBus
public import Foundation

/// The worker's times and limits. The defaults suit production.
public struct WorkerConfiguration: Sendable {
  /// Waits between tries of a sink or of the bus.
  public var retry = Backoff(first: .milliseconds(100), longest: .seconds(5))
  /// The longest wait for new entries in one read; at most 1 s, so that a shutdown is prompt.
  public var readWait: Duration = .seconds(1)
  /// Reads that bring little follow each other no faster, so that events which come one by one are
  /// stored a few at a time; an event that comes after a pause does not wait.
  public var readInterval: Duration = .milliseconds(5)
  /// How often entries in flight are touched, so that no other worker claims them.
  public var touchInterval: Duration = .seconds(5)
  /// How often entries of consumers that fell silent are looked for.
  public var claimInterval: Duration = .seconds(5)
  /// How long an entry must lie untouched to be claimed; a multiple of `touchInterval`, and with
  /// `claimInterval` below the 30 s within which a killed worker is taken over.
  public var claimIdle: Duration = .seconds(15)
  /// How long a consumer must be silent to be forgotten: its worker was killed.
  public var consumerSilence: Duration = .seconds(3600)
  /// When an entry that its writers do not survive is set apart.
  public var poison = PoisonPolicy()
  /// How long work in flight may take at shutdown.
  public var drainDeadline: Duration = .seconds(5)
  /// How often the journal is trimmed and measured.
  public var trimInterval: Duration = .seconds(1)
  /// Entries that the journal holds at most.
  public var journalCap = RedisEventBusConfiguration.defaultJournalCapacity
  /// How long entries that all have read are kept for replay.
  public var journalRetention: Duration = .seconds(600)
  /// Bytes of hand-published messages that may wait for adoption.
  public var adoptionQueueLimit = 16 << 20

  public init() {}
}

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
