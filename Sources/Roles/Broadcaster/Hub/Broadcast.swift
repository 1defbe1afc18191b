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

    init(_ payloads: [ByteBuffer], cursor: JournalCursor) {
      frame = payloads.isEmpty ? nil : EventFrames.frame(payloads, through: cursor)
      count = payloads.count
    }
  }

  private struct Encoded {
    var selections: [CourseFilter: Selection] = [:]
    var courses: [String?]?
  }

  /// In order, not empty.
  let messages: [LiveMessage]
  let byteCount: Int
  /// How far a subscriber has come who had everything before it, and has had it.
  let end: JournalCursor
  private let encoded = NIOLockedValueBox(Encoded())

  init(_ messages: [LiveMessage], through end: JournalCursor) {
    self.messages = messages
    self.end = end
    self.byteCount = messages.reduce(0) { $0 + $1.payload.readableBytes }
  }

  /// Whether somebody who has come as far has had none of it.
  func isAllBehind(_ position: JournalCursor) -> Bool {
    if position.partitions == 1 { return !position.includes(messages[0].id) }
    return !messages.contains { position.includes($0.id) }
  }

  func selection(for filter: CourseFilter) -> Selection {
    encoded.withLockedValue { encoded in
      if let selection = encoded.selections[filter] { return selection }
      let payloads = select(filter, from: nil, courses: &encoded.courses)
      let selection = Selection(payloads, cursor: end)
      encoded.selections[filter] = selection
      return selection
    }
  }

  /// Only what stands behind `position`: for a subscriber that has had the beginning from the journal.
  func selection(for filter: CourseFilter, after position: JournalCursor) -> Selection {
    if end.includes(position), isAllBehind(position) { return selection(for: filter) }
    let payloads = encoded.withLockedValue { select(filter, from: position, courses: &$0.courses) }
    var cursor = end
    cursor.advance(to: position)
    return Selection(payloads, cursor: cursor)
  }

  private func select(
    _ filter: CourseFilter, from position: JournalCursor?, courses: inout [String?]?
  ) -> [ByteBuffer] {
    var selected: [ByteBuffer] = []
    selected.reserveCapacity(messages.count)
    if case .all = filter {
      for message in messages where position?.includes(message.id) != true {
        selected.append(message.payload)
      }
      return selected
    }
    let known = courses ?? lookUpCourses()
    courses = known
    for (message, course) in zip(messages, known) where position?.includes(message.id) != true {
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
