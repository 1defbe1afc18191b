import API
import EventBus

/// How far a walk through the dead letters has come: the letters of two stores, each in its own order.
struct DeadLetterPlace: Sendable, Equatable {
  static let start = DeadLetterPlace(event: .zero, row: 0)
  static let end = DeadLetterPlace(event: StreamID(milliseconds: .max, sequence: .max), row: .max)

  /// The last letter of the bus that was passed.
  var event: StreamID
  /// The last row that BigQuery refused that was passed.
  var row: Int64

  mutating func pass(_ id: DeadLetterID) {
    switch id {
    case .event(let id): event = max(event, id)
    case .row(let number): row = max(row, number)
    }
  }

  /// Whether the letter is at this place or before it.
  func reaches(_ id: DeadLetterID) -> Bool {
    switch id {
    case .event(let id): id <= event
    case .row(let number): number <= row
    }
  }

  /// One opaque word.
  var cursor: String { Cursor.make([event.description, String(row)]) }

  /// Nil for what is no `cursor`.
  init?(parts: [String]) {
    guard parts.count == 2, let event = StreamID(parts[0]), let row = Int64(parts[1]), row >= 0
    else { return nil }
    self.init(event: event, row: row)
  }

  init(event: StreamID, row: Int64) {
    self.event = event
    self.row = row
  }
}
