/// Sessions of the exercise training app. The event carries the app's own document.
public enum TrainingEvents {
  public static let kinds: [EventKind] = [
    EventKind(
      "training_session_completed", storedBy: "store_training_sessions",
      fields: [
        Field(
          "session", .object(session), required: true,
          "The session, as the training app writes it.")
      ],
      "A learner finished a training session.")
  ]

  static let session: [Field] = [
    Field(
      "userId", .identifier, column: "user_id", required: true, privacy: .identifier,
      "Who trained."),
    Field(
      "sessionId", .identifier, column: "session_id", required: true, "Identifies the session."),
    Field(
      "exerciseType", .name, column: "exercise_type",
      required: true, "What was trained."),
    Field("startTime", .timestamp, column: "start_time", required: true, "When it began."),
    Field("endTime", .timestamp, column: "end_time", "When it ended."),
    Field("duration", .count, "How long it took."),
    Field(
      "status", .string(minimumLength: 1, maximumLength: 64), required: true, "How it ended."),
    Field("repCount", .count, column: "rep_count", "Repetitions. Default: 0."),
    Field("setCount", .count, column: "set_count", "Sets. Default: 0."),
    Field("formFeedback", .object(formFeedback), "How well the exercise was done."),
    Field("cameraSettings", .object(cameraSettings), "How it was filmed."),
    Field("sessionMetadata", .object(sessionMetadata), "How the app ran."),
    Field(
      "createdAt", .timestamp, column: "created_at",
      "When the document was made. Default: `occurred_at`."),
  ]

  private static let formFeedback: [Field] = [
    Field(
      "overallScore", .integer(Int64.min...Int64.max), column: "overall_score",
      "The score of the whole session."),
    Field("goodFrames", .count, column: "good_frames", "Frames in good form. Default: 0."),
    Field("warningFrames", .count, column: "warning_frames", "Frames with a warning. Default: 0."),
    Field("errorFrames", .count, column: "error_frames", "Frames in wrong form. Default: 0."),
    Field(
      "warnings",
      .array(
        of: .object([
          Field("type", .word, "What was warned of."),
          Field("count", .count, "How often. Default: 0."),
          Field("severity", .word, "How serious it is."),
        ]), maximumCount: 1000),
      "The warnings given, by type."),
  ]

  private static let cameraSettings: [Field] = [
    Field("position", .word, column: "camera_position", "Where the camera stood."),
    Field("resolution", .word, column: "camera_resolution", "The camera's resolution."),
    Field("fps", .count, column: "camera_fps", "Frames a second."),
  ]

  private static let sessionMetadata: [Field] = [
    Field("totalFrames", .count, column: "total_frames", "Frames seen. Default: 0."),
    Field("processedFrames", .count, column: "processed_frames", "Frames processed. Default: 0."),
    Field("averageFps", .measure, column: "average_fps", "Frames processed a second, on average."),
    Field("frameDropCount", .count, column: "frame_drop_count", "Frames dropped. Default: 0."),
    Field(
      "averageConfidence", .measure, column: "average_confidence",
      "Confidence of the pose detection, on average."),
    Field("mediapipePerformance", .object(performance), "Speed of the pose detection."),
    Field("deviceInfo", .object(device), "The device that it ran on."),
  ]

  private static let performance: [Field] = [
    Field(
      "averageInferenceTime", .measure, column: "average_inference_time",
      "The average time of an inference, in milliseconds."),
    Field(
      "maxInferenceTime", .measure, column: "max_inference_time",
      "The longest time of an inference, in milliseconds."),
    Field(
      "minInferenceTime", .measure, column: "min_inference_time",
      "The shortest time of an inference, in milliseconds."),
  ]

  private static let device: [Field] = [
    Field("platform", .word, "The platform."),
    Field("osVersion", .word, column: "os_version", "The operating system's version."),
    Field("deviceModel", .word, column: "device_model", "The device's model."),
    Field("deviceMemory", .measure, column: "device_memory", "The device's memory, in GB."),
  ]
}
