public import Events

/// What learners answer in quizzes.
public enum QuizEvents {
  public static let kinds: [EventKind] = [
    EventKind(
      "quiz_answered", storedBy: "store_quiz_answers", measurement: "quiz_answer", fields: fields,
      "A learner answered a question of a quiz.")
  ]

  private static let identifier = FieldType.string(
    minimumLength: 1, maximumLength: Envelope.identifierLength)

  static let fields: [Field] = [
    Field(
      "student_id", identifier, required: true, privacy: .identifier, series: .tag, "The learner."),
    Field("quiz_id", identifier, required: true, series: .tag, "The quiz."),
    Field("question", .integer(1...1000), required: true, series: .field, "The question, from 1."),
    Field("is_correct", .boolean, required: true, series: .field, "Whether the answer was right."),
    Field(
      "answer", .string(maximumLength: 4096), privacy: .personal, "The learner's own words."),
  ]
}
