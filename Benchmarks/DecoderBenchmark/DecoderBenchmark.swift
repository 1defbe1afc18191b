import Events
import Foundation

/// Compares what the ingest does with the bytes of an event (check against the catalog, complete, write
/// in canonical form) with what Foundation's JSONDecoder needs for reading it alone.
///
///     DecoderBenchmark EVENT_FILE REPETITIONS
///
/// Prints nanoseconds of CPU time an event, as JSON.
@main
struct DecoderBenchmark {
  static func main() throws {
    let arguments = CommandLine.arguments
    guard arguments.count == 3, let repetitions = Int(arguments[2]), repetitions > 0 else {
      FileHandle.standardError.write(
        Data("usage: DecoderBenchmark EVENT_FILE REPETITIONS\n".utf8))
      exit(2)
    }
    let event = try Data(contentsOf: URL(fileURLWithPath: arguments[1]))
    let normalizing = try NormalizerRun(event)
    let decoding = FoundationRun(event)
    // The first tenth warms up caches and is not measured.
    try normalizing.run(repetitions / 10 + 1)
    try decoding.run(repetitions / 10 + 1)
    let normalizer = try nanoseconds(repetitions) { try normalizing.run(repetitions) }
    let foundation = try nanoseconds(repetitions) { try decoding.run(repetitions) }
    print(
      """
      {"event_bytes":\(event.count),"canonical_bytes":\(normalizing.writtenBytes),\
      "normalizer_ns":\(normalizer),"json_decoder_ns":\(foundation)}
      """)
  }

  /// By the process's CPU time, so that what else the machine does counts little.
  private static func nanoseconds(_ repetitions: Int, _ body: () throws -> Void) rethrows -> Double
  {
    let start = processorNanoseconds()
    try body()
    return Double(processorNanoseconds() - start) / Double(repetitions)
  }

  private static func processorNanoseconds() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
  }
}
