import EventBus
import Events
import NIOCore

/// Reads what someone published by hand as an event, by the rules of the ingest endpoint.
struct HandPublishedEventDecoder {
  private var tape = JSONTape()
  private var normalizer: EventNormalizer

  init(catalog: EventCatalog, limits: EventLimits, keepsWork: Bool) {
    normalizer = EventNormalizer(catalog: catalog, limits: limits, keepsWork: keepsWork)
  }

  /// - Throws: `HandPublishedFault` with a reason that repeats no value of the message.
  mutating func decode(_ message: ByteBuffer) throws(HandPublishedFault) -> PublishedEvent {
    do {
      return try message.withUnsafeReadableBytes { raw in
        try raw.withMemoryRebound(to: UInt8.self) { bytes in
          try tape.scan(bytes)
          var output = ByteBuffer()
          var eventType = ""
          try output.writeWithUnsafeMutableBytes(
            minimumWritableBytes: EventNormalizer.canonicalBound(of: bytes.count)
          ) { memory in
            let event = try normalizer.normalize(
              bytes, tape: tape, at: 0, receivedAt: .now(), into: memory)
            eventType = event.kind.eventType
            return event.length
          }
          return PublishedEvent(eventType: eventType, payload: output)
        }
      }
    } catch let error as JSONSyntaxError {
      throw HandPublishedFault(reason: "no JSON: \(error)")
    } catch let rejection as EventRejection {
      let faults = rejection.errors.map { "\($0.pointer) \($0.message)" }
      throw HandPublishedFault(reason: "no valid event: " + faults.joined(separator: "; "))
    } catch {
      preconditionFailure("only the errors above are thrown: \(error)")
    }
  }
}

/// Why a hand-published message is no event.
struct HandPublishedFault: Error {
  let reason: String
}
