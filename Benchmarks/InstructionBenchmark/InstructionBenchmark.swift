import Events
import Foundation
import Influx
import NIOCore

/// Does one thing that is done with every event, over and over, for a profiler that counts instructions.
///
///     InstructionBenchmark decoder|line-protocol EVENT_FILE REPETITIONS
///
/// `decoder` scans, checks, completes and writes an event as the ingest does; `line-protocol` writes the point of what the
/// decoder made of it, in batches, as the sink does. Prints the bytes that one event became.
@main
struct InstructionBenchmark {
  /// As many as a worker reads at a time.
  private static let batch = 500

  static func main() throws {
    let arguments = CommandLine.arguments
    guard arguments.count == 4, let repetitions = Int(arguments[3]), repetitions >= 0,
      let event = FileManager.default.contents(atPath: arguments[2])
    else { usage() }
    switch arguments[1] {
    case "decoder": print(try decode([UInt8](event), repetitions).count)
    case "line-protocol":
      print(try encode(try decode([UInt8](event), 1), repetitions))
    default: usage()
    }
  }

  private static func usage() -> Never {
    FileHandle.standardError.write(
      Data("usage: InstructionBenchmark decoder|line-protocol EVENT_FILE REPETITIONS\n".utf8))
    exit(2)
  }

  /// - Returns: the canonical form.
  private static func decode(_ event: [UInt8], _ repetitions: Int) throws -> [UInt8] {
    var tape = JSONTape()
    var normalizer = EventNormalizer(catalog: .standard)
    var output = [UInt8](repeating: 0, count: CanonicalForm.bound(of: event.count))
    // The same for every run: an id and a time of receipt of our own cost what the clock makes of them.
    let receivedAt = Timestamp(microseconds: 1_795_860_000_000_000)
    var length = 0
    try event.withUnsafeBufferPointer { bytes in
      try output.withUnsafeMutableBytes { memory in
        for _ in 0..<repetitions {
          try tape.scan(bytes)
          length = try normalizer.normalize(
            bytes, tape: tape, at: 0, receivedAt: receivedAt, into: memory
          ).length
        }
      }
    }
    return Array(output.prefix(length))
  }

  /// - Returns: the bytes of a line.
  private static func encode(_ canonical: [UInt8], _ repetitions: Int) throws -> Int {
    let layouts = LineProtocolEncoder.layouts(of: .standard)
    let payload = ByteBuffer(bytes: canonical)
    var lines: [UInt8] = []
    lines.reserveCapacity(batch * canonical.count)
    var encoder = LineProtocolEncoder(layouts: layouts)
    var length = 0
    for number in 0..<repetitions {
      if number % batch == 0 { lines.removeAll(keepingCapacity: true) }
      let before = lines.count
      guard encoder.append(payload, eventType: "cell_executed", to: &lines) == .appended else {
        throw EventIsNoPoint()
      }
      length = lines.count - before
    }
    return length
  }
}

private struct EventIsNoPoint: Error {}
