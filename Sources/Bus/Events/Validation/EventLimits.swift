/// What an event may be at most.
public struct EventLimits: Sendable, Equatable {
  /// Bytes of an event as it was sent.
  public var eventBytes: Int
  /// Objects and arrays inside one another, the event itself included.
  public var depth: Int
  /// How far ahead of its receipt an event may say that it happened, in microseconds.
  public var microsecondsAhead: Int64

  public init(
    eventBytes: Int = 64 * 1024, depth: Int = 8, microsecondsAhead: Int64 = 24 * 3600 * 1_000_000
  ) {
    self.eventBytes = eventBytes
    self.depth = depth
    self.microsecondsAhead = microsecondsAhead
  }
}
