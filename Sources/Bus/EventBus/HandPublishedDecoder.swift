public import NIOCore

/// Makes an event of a message that someone published by hand.
public protocol HandPublishedDecoder: Sendable {
  /// Validates and completes the message. Called once a message: the event keeps the id that it is
  /// given here through every retry.
  func decode(_ payload: ByteBuffer) -> HandPublishedMessage
}

/// What a hand-published message turned out to be.
public enum HandPublishedMessage: Sendable {
  case event(PublishedEvent)
  /// No valid event; the reason in one line, without personal data.
  case invalid(reason: String)
}
