import Events
import JSONText

/// A course's activity over time, and who told it.
struct Activity: Sendable {
  enum Source: String, Sendable {
    case influxDB = "influxdb"
    case postgreSQL = "postgresql"
  }

  let course: String
  let bucketSeconds: Int
  let source: Source
  let buckets: [ActivityBucket]
  let position: String?
  let takenAt: Timestamp

  init(
    _ key: ActivityReader.Key, source: Source, _ buckets: [ActivityBucket], position: String?,
    takenAt: Timestamp
  ) {
    course = key.course
    bucketSeconds = key.window.bucketSeconds
    self.source = source
    self.buckets = buckets
    self.position = position
    self.takenAt = takenAt
  }

  func answer() -> JSONWriter {
    var json = JSONWriter(capacity: 512 + buckets.count * 100)
    json.object { json in
      json.member("course_id", course)
      json.member("generated_at", takenAt)
      json.member("stream_id", position)
      json.member("source", source.rawValue)
      json.member("bucket_seconds", bucketSeconds)
      json.array("buckets", buckets) { json, bucket in
        json.object { json in
          json.member("at", bucket.start)
          json.member("events", bucket.events)
          json.member("executions", bucket.executions)
          json.member("errors", bucket.errors)
          json.member("help", bucket.help)
        }
      }
    }
    return json
  }
}
