/// What the camera server saw and worked out.
public enum CameraEvents {
  public static let kinds: [EventKind] = [
    EventKind(
      "detection_logged", storedBy: "store_detections", fields: detection,
      "A camera detected something."),
    EventKind(
      "summary_created", storedBy: "store_summaries", fields: summary,
      "Detections of a period were summed up."),
    EventKind(
      "inference_logged", storedBy: "store_inferences", fields: inference,
      "A model looked at a picture."),
  ]

  private static let place = [
    Field("tid", .identifier, required: true, "The tenant."),
    Field("fid", .identifier, required: true, "The facility."),
  ]
  private static let camera = Field("camera_lacis_id", .word, "The camera.")

  static let detection: [Field] =
    place + [
      camera,
      Field("detected_at", .timestamp, "When it was detected. Default: `occurred_at`."),
      Field("severity", .integer(Int64.min...Int64.max), "How serious it is."),
      Field("detection_type", .word, "What kind of thing was detected."),
      Field("detection_detail", .json, "More about it."),
      Field("tags", .array(of: .word, maximumCount: 256), "Words for it."),
      Field("vehicle_ocr", .json, privacy: .personal, "What was read off a vehicle."),
      Field("face_features", .json, privacy: .personal, "What a face looked like."),
      Field("snapshot_url", .string(maximumLength: 2048), privacy: .personal, "The picture."),
      Field("source_device", .word, "The device that reported it."),
    ]

  static let summary: [Field] =
    [
      // Leaves room for the prefix that its insertId has.
      Field(
        "summary_id", .string(minimumLength: 1, maximumLength: 120),
        "Identifies the summary. Default: `event_id`.")
    ] + place + [
      Field("summary_type", .word, "The kind of summary."),
      Field("period_start", .timestamp, "When the period began."),
      Field("period_end", .timestamp, "When the period ended."),
      Field("summary_text", .string(maximumLength: 65_536), "The summary in words."),
      Field("summary_json", .json, "The summary as data."),
      Field("detection_count", .count, "Detections in the period."),
      Field("severity_max", .integer(Int64.min...Int64.max), "The most serious of them."),
      Field("camera_ids", .array(of: .word, maximumCount: 1000), "The cameras."),
      Field("created_at", .timestamp, "When it was made. Default: `occurred_at`."),
    ]

  static let inference: [Field] =
    place + [
      camera,
      Field("model_name", .word, "The model."),
      Field("model_version", .word, "The model's version."),
      Field("inference_type", .word, "What the model was asked."),
      Field("latency_ms", .count, "How long it took, in milliseconds."),
      Field("detection_count", .count, "Things that it found."),
      Field("confidence", .measure, "How sure it was."),
      Field("success", .boolean, "Whether it succeeded."),
      Field("error_message", .message, "Why it failed."),
      Field("result", .json, "What it answered."),
      Field("created_at", .timestamp, "When it answered. Default: `occurred_at`."),
    ]
}
