import NIOCore

/// A dead letter without what it holds: enough to look for letters among very many.
public struct DeadLetterSummary: Sendable, Equatable {
  public let id: StreamID
  /// Who refused it: a sink's name, or `bus`.
  public let sink: String
  /// Why, in one line, without personal data.
  public let reason: String
  /// How often it was tried.
  public let attempts: Int
  /// The event's kind; empty for a message that is no event.
  public let eventType: String
  /// The length of what it holds.
  public let payloadBytes: Int

  public init(
    id: StreamID, sink: String, reason: String, attempts: Int, eventType: String,
    payloadBytes: Int
  ) {
    self.id = id
    self.sink = sink
    self.reason = reason
    self.attempts = attempts
    self.eventType = eventType
    self.payloadBytes = payloadBytes
  }

  public init(_ stored: StoredDeadLetter) {
    self.init(
      id: stored.id, sink: stored.letter.sink, reason: stored.letter.reason,
      attempts: stored.letter.attempts, eventType: stored.letter.eventType,
      payloadBytes: stored.letter.payload.readableBytes)
  }
}
