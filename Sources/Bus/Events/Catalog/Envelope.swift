/// The fields that every event has after ingest.
public enum Envelope {
  /// The course of an event whose sender names none.
  public static let defaultCourse = "default"
  /// The longest identifier, in Unicode scalars.
  public static let identifierLength = 128

  public static let fields: [Field] = [
    Field(
      "event_id", .uuid, alias: "eventId", series: .field,
      "Identifies the event; a sender that may send twice sets it. Default: a new UUIDv7."),
    Field(
      "event_type", .string(minimumLength: 1, maximumLength: identifierLength),
      alias: "eventType", required: true, series: .tag, "The kind of event."),
    Field(
      "occurred_at", .timestamp, alias: "eventTime", series: .time,
      "When it happened, in 1678 or later and at most 24 hours ahead. Default: the time of receipt."
    ),
    Field(
      "received_at", .timestamp, setByServer: true, series: .field,
      "When the server got it; set by the server."),
    Field(
      "course_id", .string(minimumLength: 1, maximumLength: identifierLength), series: .tag,
      "The course. Default: `\(defaultCourse)`."),
  ]
}
