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
  /// - Throws: `SinkError.unavailable` when the whole batch should be tried again later,
  ///   `SinkError.refused` when some event in the batch is refused for good and the sink cannot tell
  ///   which, and the two between when it may be either. The runtime halves the batch then.
  func write(_ batch: [JournalEntry]) async throws(SinkError) -> [Refusal]

  /// Proves that the sink can be reached, for `/health/ready`.
  func check() async throws(SinkError)

  /// Whether writing an event that is stored already proves that the sink takes writes. Not if events of
  /// its kind are stored nowhere.
  func isProof(_ entry: JournalEntry) -> Bool

  /// Closes connections. Called once, after the last `write`.
  func close() async
}

extension Sink {
  public func isProof(_ entry: JournalEntry) -> Bool { true }
}

/// An event of a batch that the sink refused for good.
public struct Refusal: Sendable, Equatable {
  public enum Cause: Sendable, Equatable {
    /// The event itself.
    case event
    /// A limit of the sink that an operator can lift; the reason says how.
    case limit
    /// It is older than the sink keeps events: counted, and no dead letter.
    case expired
    /// Its learner was erased: dropped, and no dead letter.
    case erased
  }

  /// Its index in the batch.
  public let index: Int
  /// Why, in one line, without personal data.
  public let reason: String
  public let cause: Cause

  public init(index: Int, reason: String, cause: Cause = .event) {
    self.index = index
    self.reason = reason
    self.cause = cause
  }
}

/// Why a sink did not store a batch.
public enum SinkError: Error, Sendable, Equatable {
  /// The sink is down, busy or unreachable: nothing is wrong with the events.
  case unavailable(String, retryAfter: Duration? = nil)
  /// The sink did not finish the batch within a limit of time, which condemns no event: it is halved, and
  /// a single one tried again for as long as it takes.
  case outOfTime(String)
  /// The sink answered with an error that may lie in the batch or in the sink. An event that is answered
  /// so alone, again and again, while the sink takes others, is refused.
  case failed(String, retryAfter: Duration? = nil)
  /// Some event of the batch is refused for good. What else of the batch is stored does not matter.
  case refused(String)
}

extension SinkError {
  /// In one line.
  public var reason: String {
    switch self {
    case .unavailable(let reason, _), .outOfTime(let reason), .failed(let reason, _),
      .refused(let reason):
      reason
    }
  }

  /// The least wait that the sink asked for.
  var retryAfter: Duration? {
    switch self {
    case .unavailable(_, let retryAfter), .failed(_, let retryAfter): retryAfter
    case .outOfTime, .refused: nil
    }
  }
}
