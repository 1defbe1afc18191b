import EventBus
import Events
import HTTPServer
import HTTPTypes
import JSONText
import NIOCore
import NIOPosix

/// Puts what a teacher does on the bus, by the rules of the ingest endpoint.
struct MessagePublisher: Sendable {
  let publisher: any EventPublisher
  /// Of the whole catalog.
  let decoder: any HandPublishedDecoder
  let erased: ErasedLearners

  /// - Returns: the event's id.
  /// - Throws: `Problem` of status 422 for what is no valid event, 410 for an erased learner, whose events are
  ///   dropped, and `BusError`: whether the event is on the bus is
  ///   not known then; publish it again under the same id.
  @discardableResult
  func publish(
    _ eventType: String, course: String, id: EventID? = nil, _ fields: (inout JSONWriter) -> Void
  ) async throws -> String {
    let id = id ?? .random()
    var json = JSONWriter(capacity: 512)
    json.object { json in
      json.member("event_id", id.description)
      json.member("event_type", eventType)
      json.member("course_id", course)
      fields(&json)
    }
    switch decoder.decode(ByteBuffer(bytes: json.bytes)) {
    case .invalid(let reason):
      throw Problem(status: .unprocessableContent, detail: reason)
    case .event(let event):
      guard !erased.drops(event.payload, eventType: event.eventType) else {
        throw Problem(status: .gone, detail: "the learner was erased")
      }
      let eventLoop = MultiThreadedEventLoopGroup.singleton.any()
      try await eventLoop.flatSubmit { publisher.publish([event], on: eventLoop) }.get()
      return id.description
    }
  }
}
