public import EventBus
internal import Foundation
internal import NIOCore
public import WorkerRuntime

/// Appends events to a file, one JSON object a line.
///
/// Writing is idempotent by `event_id`: the sink knows the ids that the file holds, in some 50 bytes of memory
/// each. Several workers may share the file; they take turns.
public struct JSONLinesSink: Sink {
  public static let name = "jsonlines"

  public var name: String { Self.name }
  public let batchSize: Int
  /// A file has one end.
  public let lanes = 1

  private let file: LineFile

  /// Opens nothing yet.
  ///
  /// - Parameters:
  ///   - path: the file, which is made when it is not there; its folder must be.
  ///   - batchSize: the most events that are synced to the disk at once, at least 1.
  public init(path: String, batchSize: Int = 1000) {
    precondition(batchSize > 0, "a sink needs room for an event")
    self.batchSize = batchSize
    file = LineFile(path: path)
  }

  public func write(_ batch: [JournalEntry]) async throws(SinkError) -> [Refusal] {
    var lines: [LineFile.Line] = []
    var refusals: [Refusal] = []
    for (index, entry) in batch.enumerated() {
      let text = Data(entry.payload.readableBytesView)
      if text.contains(LineFile.lineFeed) {
        refusals.append(Refusal(index: index, reason: "the event is more than one line"))
      } else if let line = LineFile.Line(text) {
        lines.append(line)
      } else {
        refusals.append(Refusal(index: index, reason: "the event has no event_id"))
      }
    }
    try await file.append(lines)
    return refusals
  }

  public func check() async throws(SinkError) {
    try await file.append([])
  }

  /// Nothing is open between two batches.
  public func close() async {}
}
