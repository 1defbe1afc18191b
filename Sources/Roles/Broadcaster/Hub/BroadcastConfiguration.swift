public import Concurrency
public import NIOCore

/// Bounds of the broadcaster.
public struct BroadcastConfiguration: Sendable {
  /// A subscriber to whom more bytes than this are owed is closed with code 4008.
  public var maximumOutstandingBytes = 1024 * 1024
  /// Events are joined into one frame up to this many bytes.
  public var maximumFrameSize = 128 * 1024
  /// Live events, in bytes, that wait to be sent out; what comes on top is read from the journal when
  /// its turn comes.
  public var maximumPendingBytes = 16 * 1024 * 1024
  /// Live events, in bytes, that are kept for a subscriber while it replays; beyond that the replay
  /// reads them from the journal.
  public var maximumHeldBytes = 256 * 1024
  /// Entries read from the journal at once.
  public var replayPageSize = 200
  /// The most bytes read from the journal at once; a single event may be larger. A replay holds so many at
  /// most, beside what its connection has not taken yet (`WebSocketConfiguration.writeBufferWaterMark`).
  public var replayPageBytes = 256 * 1024
  /// Subscribers of the process; who comes beyond is told to come back.
  public var maximumSubscribers = 8000
  /// Replays under way at the same moment; who asks for one more is told to come back.
  public var maximumReplays = 500
  /// Replays that may read the journal at the same moment; the others wait their turn.
  public var simultaneousReplayReads = 8
  /// How often a replay tries to read the journal again before it closes the subscriber.
  public var replayRetries = 5
  /// The waits before these.
  public var replayBackoff = Backoff(
    first: .milliseconds(200), longest: .seconds(10), jitter: .none)
  /// A replay whose subscriber takes nothing for so long is closed with code 4008.
  public var replayStallTimeout: TimeAmount = .seconds(30)
  /// How long a subscriber that was too slow may take to read what it was sent and the close frame
  /// behind it.
  public var slowCloseTimeout: TimeAmount = .seconds(30)
  /// What a client that came while the bus was away, or too many replayed or listened, is told to wait, in seconds.
  public var retryAfterSeconds = 2

  public init() {}
}
