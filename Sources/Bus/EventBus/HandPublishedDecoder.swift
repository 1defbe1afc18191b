public import Events
public import NIOCore
import Synchronization

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

/// Reads what someone published by hand as an event, by the rules of the ingest endpoint.
public final class CatalogHandPublishedDecoder: HandPublishedDecoder {
  /// Used by one adopter at a time, so the lock is free whenever it is taken. A `Mutex`, because it
  /// guards what is not `Sendable`.
  private let decoder: Mutex<MessageDecoder>

  public init(catalog: EventCatalog, limits: EventLimits, keepsWork: Bool) {
    decoder = Mutex(
      MessageDecoder(catalog: catalog, limits: limits, keepsWork: keepsWork))
  }

  public func decode(_ payload: ByteBuffer) -> HandPublishedMessage {
    decoder.withLock { $0.decode(payload) }
  }
}

/// Turns one message at a time into an event. Keeps its memory between messages.
private struct MessageDecoder {
  private var tape = JSONTape()
  private var normalizer: EventNormalizer

  init(catalog: EventCatalog, limits: EventLimits, keepsWork: Bool) {
    normalizer = EventNormalizer(catalog: catalog, limits: limits, keepsWork: keepsWork)
  }

  /// The reason of an invalid message repeats no value of it and stays on one line.
  mutating func decode(_ message: ByteBuffer) -> HandPublishedMessage {
    do {
      return .event(try read(message))
    } catch let error as JSONSyntaxError {
      return .invalid(reason: "no JSON: \(error)")
    } catch let rejection as EventRejection {
      let faults = rejection.errors.map { error in
        // A pointer can hold names that the sender chose, with any characters.
        error.pointer.isEmpty ? error.message : "\(Self.printable(error.pointer)) \(error.message)"
      }
      return .invalid(reason: "no valid event: " + faults.joined(separator: "; "))
    } catch {
      preconditionFailure("only the errors above are thrown: \(error)")
    }
  }

  private static func printable(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { scalar in
          switch scalar.properties.generalCategory {
          case .control, .lineSeparator, .paragraphSeparator: "\u{FFFD}"
          default: scalar
          }
        }))
  }

  private mutating func read(_ message: ByteBuffer) throws -> PublishedEvent {
    try message.withUnsafeReadableBytes { raw in
      try raw.withMemoryRebound(to: UInt8.self) { bytes in
        try tape.scan(bytes)
        var output = ByteBuffer()
        var eventType = ""
        try output.writeWithUnsafeMutableBytes(
          minimumWritableBytes: CanonicalForm.bound(of: bytes.count)
        ) { memory in
          let receivedAt = Timestamp.now()
          var event = try normalizer.normalize(
            bytes, tape: tape, at: 0, receivedAt: receivedAt, into: memory)
          // As an event that comes alone in a request which does not say when it was sent.
          if event.takesCorrection,
            SenderClock.isInDoubt(event.occurredAt, receivedAt: receivedAt)
          {
            event = try normalizer.normalize(
              bytes, tape: tape, at: 0, receivedAt: receivedAt, correctedAt: receivedAt,
              into: memory)
          }
          eventType = event.eventType
          return event.length
        }
        return PublishedEvent(eventType: eventType, payload: output)
      }
    }
  }
}
