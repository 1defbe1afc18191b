import Concurrency

/// When the mirror tries again what failed.
enum MirrorRetrySchedule {
  /// How often one call is tried before its rows go back to the queue.
  static let callTries = 3

  /// Between the tries of one call: half a second, doubled after each try, of which the upper half is
  /// left to chance; a server's `Retry-After` goes before it. A server that asks for more than ten
  /// seconds gets it from the queue.
  static let call = Backoff(
    first: .milliseconds(500), longest: .seconds(10), jitter: .half,
    longestRetryAfter: .seconds(10))

  /// How long a row waits on the queue before its next attempt: 1 s, doubled five times, then 32 s more
  /// each time, an hour at most. `MirrorConfiguration.maximumAttempts` ends it (ten).
  static let queue = Backoff(
    first: .seconds(1), longest: .seconds(3_600), doublings: 5, jitter: .none)

  /// How long a table rests whose calls fail.
  static let table = Backoff(first: .seconds(1), longest: .seconds(30), jitter: .none)

  /// Between the tries to write down what came of a batch.
  static let settling = Backoff(
    first: .milliseconds(400), longest: .milliseconds(800), jitter: .none)
  static let settlingTries = 3

  /// The least wait when a quota is used up.
  static let quotaDelay = Duration.seconds(600)
}
