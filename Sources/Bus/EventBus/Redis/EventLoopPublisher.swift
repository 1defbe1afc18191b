import NIOCore

/// Publishes for one event loop. Confined to it.
protocol EventLoopPublisher: AnyObject {
  /// Starts to connect. Completes when the first attempt has ended, well or badly.
  func connect() -> EventLoopFuture<Void>
  /// Fails what is unanswered and connects no more.
  func close()
  func publish(_ events: [PublishedEvent]) -> EventLoopFuture<Void>
  /// Whether events would be taken now. The future fails with `BusError`.
  func tryPublishing() -> EventLoopFuture<Void>
  /// Drops events of erased learners from now on, and tells how many.
  func drop(by filter: ErasedEventFilter?, note: @escaping (Int) -> Void)
}

extension LoopPublisher: EventLoopPublisher {
  func connect() -> EventLoopFuture<Void> {
    link.connect()
    // A failure is logged by the link, and told to whoever publishes.
    return link.whenConnected().map { _ in }.flatMapErrorThrowing { _ in }
  }

  func close() { link.close() }

  func drop(by filter: ErasedEventFilter?, note: @escaping (Int) -> Void) {
    erased = filter
    noteDropped = note
  }
}
