/// The tasks that wait for a connection, first come, first served.
struct WaitingQueue {
  typealias Ticket = UInt64
  typealias Continuation = CheckedContinuation<Result<Void, PostgresError>, Never>

  private var nextTicket: Ticket = 0
  private var waiting: [(ticket: Ticket, continuation: Continuation)] = []

  mutating func makeTicket() -> Ticket {
    nextTicket += 1
    return nextTicket
  }

  mutating func add(_ ticket: Ticket, _ continuation: Continuation) {
    waiting.append((ticket, continuation))
  }

  /// Passes a place to the first in the queue; false when nobody waits.
  mutating func admitNext() -> Bool {
    guard !waiting.isEmpty else { return false }
    waiting.removeFirst().continuation.resume(returning: .success(()))
    return true
  }

  /// Does nothing when the ticket has been served.
  mutating func fail(_ ticket: Ticket, _ error: PostgresError) {
    guard let index = waiting.firstIndex(where: { $0.ticket == ticket }) else { return }
    waiting.remove(at: index).continuation.resume(returning: .failure(error))
  }

  mutating func failAll(_ error: PostgresError) {
    let all = waiting
    waiting = []
    for waiter in all { waiter.continuation.resume(returning: .failure(error)) }
  }
}
