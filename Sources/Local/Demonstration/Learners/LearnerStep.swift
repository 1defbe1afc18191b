/// What a learner does next.
enum LearnerStep: Sendable {
  case openNotebook
  case runCell
  case askForHelp
  /// The teacher has been there.
  case takeHelpBack
  case saveNotebook
  case closeNotebook
}
