internal import Synchronization

/// Says that nobody waits for a request's answer any more.
final class Cancellation: Sendable {
  private let requested = Atomic<Bool>(false)

  var isRequested: Bool { requested.load(ordering: .acquiring) }

  func request() { requested.store(true, ordering: .releasing) }
}
