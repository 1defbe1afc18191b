public import CurlTransport
import Events
public import Influx

/// Counts activity in InfluxDB 1.x.
public struct InfluxActivitySource: ActivitySource {
  private let query: InfluxQuery

  /// A page waits for this; PostgreSQL answers when it is over.
  private static let timeout = Duration.seconds(1)

  /// Nil where the server has no InfluxQL.
  public init?(_ configuration: InfluxConfiguration, transport: any HTTPTransport) {
    guard case .v1 = configuration.api else { return nil }
    var configuration = configuration
    configuration.timeout = Self.timeout
    query = InfluxQuery(configuration: configuration, transport: transport)
  }

  /// - Throws: `InfluxQueryError`.
  public func activity(course: String, in window: ActivityWindow) async throws -> [ActivityBucket] {
    // Times are numbers, and so need no quoting; the buckets of `time()` are aligned to 1970, as the
    // window's are.
    let span =
      "time >= \(window.start.microseconds)u AND time < \(window.end.microseconds)u "
      + "AND course_id = $course"
    let buckets = "time(\(window.bucketSeconds)s)"
    var activity = window.buckets
    // Before the executions: what arrives between the two answers must not be an error of none.
    let errors = try await query.run(
      "SELECT count(event_id) FROM progress_event WHERE \(span) "
        + "AND event_type = 'cell_executed' AND has_error = true GROUP BY \(buckets) fill(none)",
      parameters: ["course": course])
    for series in errors {
      Self.forEachCount(in: series, of: window) { activity[$0].errors += $1 }
    }
    let kinds = try await query.run(
      "SELECT count(event_id) FROM progress_event WHERE \(span) "
        + "GROUP BY \(buckets), event_type fill(none)", parameters: ["course": course])
    for series in kinds {
      let kind = series.tags["event_type"]
      Self.forEachCount(in: series, of: window) { place, count in
        activity[place].events += count
        if kind == "cell_executed" { activity[place].executions += count }
        if kind == "help" { activity[place].help += count }
      }
    }
    // An erasure between the two takes executions away.
    for place in activity.indices {
      activity[place].errors = min(activity[place].errors, activity[place].executions)
    }
    return activity
  }

  private static func forEachCount(
    in series: InfluxSeries, of window: ActivityWindow, _ body: (Int, Int) -> Void
  ) {
    for row in series.rows {
      guard case .integer(let nanoseconds)? = row["time"],
        case .integer(let count)? = row["count"],
        let place = window.place(of: Timestamp(microseconds: nanoseconds / 1000))
      else { continue }
      body(place, Int(count))
    }
  }
}
