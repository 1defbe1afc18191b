import Foundation
import NIOConcurrencyHelpers

@testable import Events

extension FuzzTarget {
  /// The decoder of events: what it takes is JSON on one line, within its bound, and stays as it is when
  /// it is decoded again.
  static let eventDecoder = FuzzTarget("event-decoder", seeds: SampleEvents.texts) { input in
    guard let first = CanonicalEvent.make(of: input) else { return nil }
    guard !first.bytes.contains(UInt8(ascii: "\n")) else { return "an event of two lines" }
    guard (try? JSONSerialization.jsonObject(with: Data(first.bytes))) is [String: Any] else {
      return "the canonical form is no JSON object"
    }
    let again = first.bytes.withUnsafeBufferPointer { CanonicalEvent.make(of: $0) }
    guard let again else { return "the canonical form is refused" }
    return again.bytes == first.bytes ? nil : "the canonical form of the canonical form differs"
  }
}

/// An event as the journal gets it.
struct CanonicalEvent {
  /// Its tables are costly to make. Used under the lock alone, and nothing of it leaves that.
  nonisolated(unsafe) private static let normalizer = NIOLockedValueBox(
    EventNormalizer(catalog: .standard, keepsWork: true))
  static let receivedAt = Timestamp(microseconds: 1_790_000_000_000_000)

  let eventType: String
  let bytes: [UInt8]

  /// Nil for what is refused.
  static func make(of input: UnsafeBufferPointer<UInt8>) -> CanonicalEvent? {
    var tape = JSONTape()
    guard (try? tape.scan(input)) != nil else { return nil }
    let limit = EventLimits().eventBytes
    let length = Int(tape.tokens[0].end - tape.tokens[0].start)
    var eventType: String?
    let bytes = [UInt8](
      unsafeUninitializedCapacity: CanonicalForm.bound(of: min(length, limit))
    ) { memory, count in
      let event = normalizer.withLockedValue { normalizer in
        try? normalizer.normalize(
          input, tape: tape, at: 0, receivedAt: receivedAt,
          into: UnsafeMutableRawBufferPointer(memory))
      }
      eventType = event?.eventType
      count = event?.length ?? 0
    }
    return eventType.map { CanonicalEvent(eventType: $0, bytes: bytes) }
  }
}

extension FuzzTarget {
  /// Whether the decoder takes `input`.
  public static func takesEvent(_ input: [UInt8]) -> Bool {
    input.withUnsafeBufferPointer { CanonicalEvent.make(of: $0) } != nil
  }
}
