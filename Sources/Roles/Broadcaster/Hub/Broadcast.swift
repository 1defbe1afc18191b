import EventBus
import Events
import JSONText
import NIOConcurrencyHelpers
import NIOCore

/// A run of live events on its way to the subscribers of every event loop. Each frame is encoded once,
/// by the first event loop that needs it.
final class Broadcast: Sendable {
  /// The events that pass one filter.
  struct Selection: Sendable {
    /// Nil when no event passes.
    let frame: ByteBuffer?
    let count: Int
  }

  private struct Encoded {
    var selections: [CourseFilter: Selection] = [:]
    var courses: [String?]?
  }

  /// In order, not empty.
  let messages: [LiveMessage]
  let byteCount: Int
  private let encoded = NIOLockedValueBox(Encoded())

  init(_ messages: [LiveMessage]) {
    self.messages = messages
    self.byteCount = messages.reduce(0) { $0 + $1.payload.readableBytes }
  }

  var first: StreamID { messages[0].id }
  var last: StreamID { messages[messages.count - 1].id }

  func selection(for filter: CourseFilter) -> Selection {
    encoded.withLockedValue { encoded in
      if let selection = encoded.selections[filter] { return selection }
      let payloads = select(filter, from: .zero, courses: &encoded.courses)
      let selection = Selection(
        frame: payloads.isEmpty ? nil : EventFrames.frame(payloads), count: payloads.count)
      encoded.selections[filter] = selection
      return selection
    }
  }

  /// Only what stands behind `position`: for a subscriber that has had the beginning from the journal.
  func selection(for filter: CourseFilter, after position: StreamID) -> Selection {
    if position < first { return selection(for: filter) }
    let payloads = encoded.withLockedValue { select(filter, from: position, courses: &$0.courses) }
    return Selection(
      frame: payloads.isEmpty ? nil : EventFrames.frame(payloads), count: payloads.count)
  }

  private func select(
    _ filter: CourseFilter, from position: StreamID, courses: inout [String?]?
  ) -> [ByteBuffer] {
    var selected: [ByteBuffer] = []
    selected.reserveCapacity(messages.count)
    if case .all = filter {
      for message in messages where position < message.id { selected.append(message.payload) }
      return selected
    }
    let known = courses ?? lookUpCourses()
    courses = known
    for (message, course) in zip(messages, known) where position < message.id {
      if let course, filter.admits(course) { selected.append(message.payload) }
    }
    return selected
  }

  private func lookUpCourses() -> [String?] {
    var reader = EventCourseReader()
    return messages.map { message in
      message.payload.withUnsafeReadableBytes { reader.course(of: $0) }
    }
  }
}

/// An event as a subscriber gets it: one JSON object that begins with its `stream_id`.
struct LiveMessage: Sendable, Equatable {
  let id: StreamID
  let payload: ByteBuffer

  init(id: StreamID, payload: ByteBuffer) {
    self.id = id
    self.payload = payload
  }

  /// - Returns: nil for an entry that is meant for one sink alone, and was never on the channel.
  init?(_ entry: JournalEntry) {
    guard entry.target == nil else { return nil }
    self.init(id: entry.id, payload: entry.channelPayload)
  }
}

/// Which events a subscriber wants.
enum CourseFilter: Hashable, Sendable {
  case all
  case courses(Set<ExactText>)

  func admits(_ course: String) -> Bool {
    switch self {
    case .all: true
    case .courses(let courses): courses.contains(ExactText(course))
    }
  }
}
