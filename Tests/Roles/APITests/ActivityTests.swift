import API
import Events
import ProgressBusTesting
import Testing

@Suite(.tags(.servers))
struct ActivityTests {
  private struct Source: ActivitySource {
    struct Down: Error {}
    let isDown: Bool

    func activity(course: String, in window: ActivityWindow) async throws -> [ActivityBucket] {
      if isDown { throw Down() }
      var buckets = window.buckets
      buckets[0].events = 5
      return buckets
    }
  }

  @Test func postgresCountsWhatHappened() async throws {
    try await withClassroom { classroom in
      try await classroom.store(
        .run("a", at: 0, by: "s1"), .run("a", at: 0, by: "s2", error: "E"),
        ClassroomEvent("help", at: 0, by: "s1"), ClassroomEvent("notebook_saved", at: 0, by: "s1"),
        .run("a", at: -1800, by: "s1"), .run("a", at: -86_400, by: "s1"),
        .run("a", at: 0, by: "s1", course: "other"))
      let answer = try await classroom.get("/api/v1/courses/c1/activity?minutes=60&bucket=5m")
      #expect(answer["source"] == "postgresql")
      #expect(answer["bucket_seconds"] == "300")
      let buckets = answer.list("buckets")
      #expect(buckets.count == 13)
      let last = try #require(buckets.last)
      #expect(
        ["events", "executions", "errors", "help"].map { last[$0] } == ["4", "2", "1", "1"])
      #expect(buckets[6]["events"] == "1")
      #expect(buckets.count { $0["events"] == "0" } == 11)
    }
  }

  @Test func theTimeSeriesDatabaseIsAskedFirst() async throws {
    try await withClassroom { classroom in
      try await classroom.store(.run("a", at: 0, by: "s1"))
      let path = "/api/v1/courses/c1/activity"
      let preferred = try await classroom.get(path, activity: Source(isDown: false))
      #expect(preferred["source"] == "influxdb")
      #expect(preferred.list("buckets").first?["events"] == "5")
      let fallback = try await classroom.get(path, activity: Source(isDown: true))
      #expect(fallback["source"] == "postgresql")
      #expect(fallback.list("buckets").last?["events"] == "1")
    }
  }

  @Test(arguments: [(60, 30), (1, 10), (5, 10), (240, 300), (1440, 900)])
  func bucketsAreNeitherManyNorLong(minutes: Int, seconds: Int) throws {
    let now = Timestamp(microseconds: 1_800_000_123_456_789)
    let window = try #require(
      ActivityWindow(minutes: minutes, bucketSeconds: nil, endingAt: now))
    #expect(window.bucketSeconds == seconds)
    #expect(window.start.microseconds % (Int64(seconds) * 1_000_000) == 0)
    #expect(window.start.microseconds <= now.microseconds - Int64(minutes) * 60_000_000)
    #expect(window.place(of: now) == window.bucketCount - 1)
    #expect(window.place(of: window.end) == nil)
  }

  @Test func tooManyBucketsAreRefused() {
    let now = Timestamp(microseconds: 1_800_000_000_000_000)
    #expect(ActivityWindow(minutes: 1440, bucketSeconds: 1, endingAt: now) == nil)
  }
}
