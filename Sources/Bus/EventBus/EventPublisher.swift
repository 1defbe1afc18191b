public import NIOCore

/// Appends events to the journal and publishes them on the channel, in one atomic step.
public protocol EventPublisher: Sendable {
  /// Publishes all of `events`, in order, or none; where the journal has several partitions, those of each.
  ///
  /// Call it on `eventLoop`; the future completes on the same loop, once the journal has the events.
  /// It fails with `BusError.unavailable` when the bus takes no events, with `BusError.full` when unread
  /// entries fill the journal, and with `BusError.unanswered`, `.unconfirmed` or `.partly` when the events may be
  /// in the journal or not, in part or in whole, or may be lost from it: send them again with the same ids.
  func publish(_ events: [PublishedEvent], on eventLoop: any EventLoop) -> EventLoopFuture<Void>
}

/// An event on its way to the bus.
public struct PublishedEvent: Sendable {
  public let eventType: String
  /// The event as one canonical JSON object, not empty, without `stream_id`.
  public let payload: ByteBuffer

  public init(eventType: String, payload: ByteBuffer) {
    self.eventType = eventType
    self.payload = payload
  }
}
