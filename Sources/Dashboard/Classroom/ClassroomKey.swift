/// What a snapshot is of.
struct ClassroomKey: Hashable, Sendable {
  let course: String
  /// Nil for the notebook that most of the class works on.
  let notebook: String?
}
