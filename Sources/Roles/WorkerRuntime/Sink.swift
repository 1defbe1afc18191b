public import EventBus

/// Somewhere that events are stored.
///
/// The runtime reads the journal in a consumer group named after the sink and hands it batches. It
/// may hand the same event over again (delivery is at least once), so writing must be idempotent by
/// `event_id`. A sink is called from one task at a time for each of its lanes.
public protocol Sink: Sendable {
  /// The consumer group, the label in metrics and the `sink` of dead letters.
  var name: String { get }

  /// The most events in one batch.
  var batchSize: Int { get }

  /// How many batches the sink can take at the same time, at least 1.
  var lanes: Int { get }

  /// Stores a batch whole, or tells which events it refuses for good; the others are then stored.
  ///
  /// - Throws: `SinkError.unavailable` when the whole batch should be tried again later, and
  ///   `SinkError.refused` when some event in the batch is refused for good and the sink cannot tell
  ///   which: nothing of the batch is stored then, and the runtime halves the batch to find it.
  func write(_ batch: [JournalEntry]) async throws(SinkError) -> [Refusal]

  /// Proves that the sink can be reached, for `/health/ready`.
  func check() async throws(SinkError)

  /// Closes connections. Called once, after the last `write`.
  func close() async
}

/// An event of a batch that the sink refused for good.
public struct Refusal: Sendable, Equatable {
  /// Its index in the batch.
  public let index: Int
  /// Why, in one line, without personal data.
  public let reason: String

  public init(index: Int, reason: String) {
    self.index = index
    self.reason = reason
  }
}

/// Why a sink did not store a batch.
public enum SinkError: Error, Sendable, Equatable {
  /// The sink is down, busy or unreachable: nothing is wrong with the events.
  case unavailable(String, retryAfter: Duration? = nil)
  /// Some event of the batch is refused for good; nothing was stored.
  case refused(String)
}

extension SinkError {
  /// In one line.
  public var reason: String {
    switch self {
    case .unavailable(let reason, _), .refused(let reason): reason
    }
  }
}
