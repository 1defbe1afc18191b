import Events

/// A course, as the list tells it.
struct Course: Sendable {
  let id: String
  let learners: Int
  /// Learners heard of in the last 5 minutes.
  let activeLearners: Int
  let firstSeenAt: Timestamp
  let lastActivityAt: Timestamp?
}
