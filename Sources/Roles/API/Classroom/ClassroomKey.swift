/// What a snapshot is of.
struct ClassroomKey: Hashable, Sendable {
  let course: ExactText
  /// Nil for the notebook that most of the class works on.
  let notebook: ExactText?

  init(course: String, notebook: String?) {
    self.course = ExactText(course)
    self.notebook = notebook.map(ExactText.init)
  }
}
