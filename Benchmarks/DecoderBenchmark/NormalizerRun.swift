import Events
import Foundation

/// Scans and normalises one event over and over, in memory that is used again, as the ingest does.
final class NormalizerRun {
  /// The length of the canonical form, in bytes.
  private(set) var writtenBytes = 0
  private let event: [UInt8]
  private var tape = JSONTape()
  private var normalizer = EventNormalizer(catalog: .standard)
  private var output: [UInt8]

  /// - Throws: `EventRejection` when the catalog does not accept the event.
  init(_ event: Data) throws {
    self.event = Array(event)
    output = Array(repeating: 0, count: CanonicalForm.bound(of: event.count))
    try run(1)
  }

  func run(_ repetitions: Int) throws {
    try event.withUnsafeBufferPointer { bytes in
      try output.withUnsafeMutableBytes { memory in
        for _ in 0..<repetitions {
          try tape.scan(bytes)
          writtenBytes = try normalizer.normalize(
            bytes, tape: tape, at: 0, receivedAt: .now(), into: memory
          ).length
        }
      }
    }
  }
}
