import EventBus
import Events

/// What came of the events of one request.
struct DecodedBatch {
  struct Accepted {
    /// The event's place in the request, from 0.
    let index: Int
    let id: EventID
  }

  struct Rejected {
    let index: Int
    let errors: [FieldError]
  }

  var accepted: [Accepted] = []
  /// The accepted events, in their order, ready for the bus.
  var events: [PublishedEvent] = []
  var rejected: [Rejected] = []
}
