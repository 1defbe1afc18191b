/// Whether learners' answers to exercises are right, as a check in the notebook found.
public enum ExerciseEvents {
  public static let kinds: [EventKind] = [
    EventKind(
      "exercise_checked", storedBy: "store_exercise_checks", measurement: "exercise_check",
      fields: fields, "A learner's answer to an exercise was checked.")
  ]

  /// What it shares with the events of a notebook: whose it is, and where it happened.
  private static let place: Set<String> = [
    "corrected_at", "student_id", "team", "session_id", "notebook_path", "cell_id", "cell_index",
  ]

  private static let points = FieldType.number(-1e9...1e9)

  static let fields: [Field] =
    NotebookEvents.fields.filter { place.contains($0.name) } + [
      Field(
        "exercise_id", .identifier, required: true, series: .tag,
        "The exercise, the same for all learners of the notebook."),
      Field("label", .word, series: .field, "What the exercise is called on the page."),
      Field(
        "attempt", .integer(1...2_147_483_647), series: .field,
        "Which check of the exercise it was in the learner's kernel, from 1."),
      Field("passed", .boolean, required: true, series: .field, "Whether the answer was right."),
      Field("points", points, series: .field, "Points that the answer got."),
      Field("points_possible", points, series: .field, "Points that the exercise can give."),
      Field(
        "checker", .word, series: .field,
        "What checked it, such as `otter`, `nbgrader`, `unittest`."),
      Field(
        "answer", .message, privacy: .work,
        "The answer; dropped unless the operator keeps learners' work."),
    ]
}
