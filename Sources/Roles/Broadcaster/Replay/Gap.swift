import EventBus

/// Events that a subscriber may have missed and that nobody can give it any more.
struct Gap: Sendable, Equatable {
  /// The last position before it.
  let after: StreamID
  /// The first event behind it; nil when there is none yet.
  let first: StreamID?
}
