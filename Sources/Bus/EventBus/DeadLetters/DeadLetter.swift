public import NIOCore

/// An event that a sink refused for good, or a hand-published message that is no valid event.
public struct DeadLetter: Sendable, Equatable {
  /// Who refused it: a sink's name, or `bus`.
  public let sink: String
  /// Why, in one line, without personal data.
  public let reason: String
  /// How often it was tried.
  public let attempts: Int
  /// The event's kind; empty for a message that is no event.
  public let eventType: String
  /// The event or message as it was.
  public let payload: ByteBuffer

  public init(sink: String, reason: String, attempts: Int, eventType: String, payload: ByteBuffer) {
    self.sink = sink
    self.reason = reason
    self.attempts = attempts
    self.eventType = eventType
    self.payload = payload
  }
}

/// A dead letter in the store. Its id's milliseconds say when it was put there.
public struct StoredDeadLetter: Sendable, Equatable {
  public let id: StreamID
  public let letter: DeadLetter

  public init(id: StreamID, letter: DeadLetter) {
    self.id = id
    self.letter = letter
  }
}
