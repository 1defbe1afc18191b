import Concurrency
import Foundation

/// Waits for a connection's socket with a deadline, since libpq itself waits for ever.
enum Socket {
  enum Readiness {
    case readable, writable, either
  }

  /// How long a cancelled task may go on waiting.
  private static let cancellationInterval: Int64 = 100

  /// Blocks the thread until the socket is ready.
  ///
  /// - Throws: `timedOut` at the deadline; `cancelled` when the task is.
  static func wait(
    _ descriptor: Int32, for readiness: Readiness, until deadline: ContinuousClock.Instant
  ) throws(PostgresError) {
    var entry = pollfd(fd: descriptor, events: events(readiness), revents: 0)
    while true {
      let left = ContinuousClock.now.duration(to: deadline).wholeMilliseconds
      guard left > 0 else { throw PostgresError(.timedOut, "the server did not answer in time") }
      guard !Task.isCancelled else { throw PostgresError(.cancelled, "the task was cancelled") }
      let ready = poll(&entry, 1, Int32(min(left, cancellationInterval)))
      if ready > 0 { return }
      if ready < 0, errno != EINTR {
        throw PostgresError(.connectionLost, "poll failed: \(String(cString: strerror(errno)))")
      }
    }
  }

  /// Whether something can be read now: data, or the end of the stream.
  static func isReadable(_ descriptor: Int32) -> Bool {
    var entry = pollfd(fd: descriptor, events: events(.readable), revents: 0)
    return poll(&entry, 1, 0) > 0
  }

  private static func events(_ readiness: Readiness) -> Int16 {
    switch readiness {
    case .readable: Int16(POLLIN)
    case .writable: Int16(POLLOUT)
    case .either: Int16(POLLIN) | Int16(POLLOUT)
    }
  }
}
