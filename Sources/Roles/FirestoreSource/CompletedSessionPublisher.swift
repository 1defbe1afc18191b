public import EventBus
import Events
import NIOCore
import NIOPosix

/// Puts completed sessions on the bus, by the rules of the ingest endpoint.
public struct CompletedSessionPublisher: Sendable {
  /// What became of a session.
  public enum Outcome: Sendable, Equatable {
    case published
    /// It is no valid event; why, without a value of it.
    case refused(reason: String)
  }

  private let publisher: any EventPublisher
  private let decoder: any HandPublishedDecoder

  public init(publisher: any EventPublisher, decoder: any HandPublishedDecoder) {
    self.publisher = publisher
    self.decoder = decoder
  }

  /// Publishes those that are valid events, all of them or none.
  ///
  /// - Returns: one outcome a session, in their order.
  /// - Throws: `BusError`: the sessions may or may not be on the bus; publish them again.
  public func publish(_ sessions: [CompletedSession]) async throws -> [Outcome] {
    var events: [PublishedEvent] = []
    let outcomes: [Outcome] = sessions.map { session in
      switch decoder.decode(ByteBuffer(bytes: session.event)) {
      case .event(let event):
        events.append(event)
        return .published
      case .invalid(let reason):
        return .refused(reason: reason)
      }
    }
    guard !events.isEmpty else { return outcomes }
    let eventLoop = MultiThreadedEventLoopGroup.singleton.any()
    let ready = events
    try await eventLoop.flatSubmit { publisher.publish(ready, on: eventLoop) }.get()
    return outcomes
  }
}
