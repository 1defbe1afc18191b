import Events

/// A notebook of a course.
struct Notebook: Sendable {
  let path: String
  let firstSeenAt: Timestamp
  /// Learners whose last run was in it.
  let currentLearners: Int
}
