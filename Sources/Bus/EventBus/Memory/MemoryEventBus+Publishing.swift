public import NIOCore

extension MemoryEventBus: EventPublisher {
  public func publish(
    _ events: [PublishedEvent], on eventLoop: any EventLoop
  ) -> EventLoopFuture<Void> {
    do throws(BusError) {
      try withState { (state) throws(BusError) in
        guard state.entries.count + events.count <= capacity else { throw .full }
        for event in events { append(event, to: &state) }
      }
      return eventLoop.makeSucceededVoidFuture()
    } catch {
      return eventLoop.makeFailedFuture(error)
    }
  }
}
