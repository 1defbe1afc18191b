/// The way back: what teachers do about a raised hand and tell learners, and that it was shown.
public enum MessageEvents {
  /// The longest text of a message, in Unicode scalars: a hint, and no lesson.
  public static let longestText = 1000

  public static let kinds: [EventKind] = [
    EventKind(
      "hand_taken", storedBy: "store_taken_hands", measurement: measurement,
      publishedByServer: true,
      fields: [
        learner(required: true, "The learner whose hand is taken."), teacher,
        Field(
          "asked_at", .timestamp, required: true,
          "Since when the learner asks for help: which of the learner's hands it is."),
      ], "A teacher takes a raised hand."),
    EventKind(
      "message_sent", storedBy: "store_messages", measurement: measurement,
      publishedByServer: true,
      fields: [
        Field(
          "recipient", .enumeration(["learner", "team", "class"]), required: true, series: .tag,
          "Who gets it: the learner, the team, or everybody in the course."),
        learner(required: false, "The learner who gets it, where it is for one."),
        Field(
          "team", .string(maximumLength: 128), series: .tag,
          "The team that gets it, where it is for one."),
        teacher,
        Field(
          "answers_hand", .boolean, series: .field, "Whether it answers the learner's raised hand."),
        Field(
          "text", .string(minimumLength: 1, maximumLength: longestText), required: true,
          privacy: .personal, "Plain text, which nothing executes."),
      ], "A teacher tells learners something; the event's id is the message's."),
    EventKind(
      "message_shown", storedBy: "store_message_receipts", measurement: measurement,
      fields: [
        learner(required: true, "The learner who was shown it."),
        Field(
          "message_id", .uuid, required: true, series: .field, "The `event_id` of the message."),
        Field(
          "session_id", .string(maximumLength: 128), series: .field,
          "The kernel session in which it was shown."),
      ], "A learner was shown a message."),
  ]

  private static let measurement = "teacher_message"

  private static func learner(required: Bool, _ summary: String) -> Field {
    Field(
      "student_id", .identifier, required: required, privacy: .identifier, series: .tag, summary)
  }

  private static let teacher = Field(
    "teacher", .name, required: true, privacy: .personal, "The teacher's name, as learners see it.")
}
