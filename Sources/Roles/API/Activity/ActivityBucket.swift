public import Events

/// What happened in a course in one span of time.
public struct ActivityBucket: Sendable, Equatable {
  public let start: Timestamp
  public var events = 0
  public var executions = 0
  /// Executions that ended with an error.
  public var errors = 0
  /// Help events; a standing request repeats them.
  public var help = 0

  public init(start: Timestamp) { self.start = start }
}
