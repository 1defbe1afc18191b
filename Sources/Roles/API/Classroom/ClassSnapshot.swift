import Events

/// A class in one notebook, at one moment. Everything about learners is answered from it.
struct ClassSnapshot: Sendable {
  let course: String
  /// Nil in a course without notebooks.
  let notebook: String?
  /// Every event up to this place of the journal is in; nil when it could not be read.
  let position: String?
  let takenAt: Timestamp
  let notebooks: [Notebook]
  /// By identifier, byte by byte.
  let learners: [Learner]
  /// In the notebook's order.
  let cells: [NotebookCell]
  let pace: ClassPace
  let counts: [LearnerState: Int]
  let rules: StateRules
  let answers = SnapshotAnswers()
}
