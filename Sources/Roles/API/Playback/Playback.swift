import Events

/// Earlier moments of classes, each read once for all who look at it.
///
/// What had arrived by a moment changes no more, but for erased learners and what retention deletes; so an answer is used
/// for a while. It is kept apart from the live answers, and read through connections of its own: neither waits for the other.
struct Playback: Sendable {
  let snapshots: SingleFlightCache<PlaybackReader.Key, ClassSnapshot>
  let wrongAnswers: SingleFlightCache<PlaybackReader.Key, [WrongAnswer]>
  let activities: SingleFlightCache<ActivityKey, Activity>

  struct ActivityKey: Hashable, Sendable {
    let activity: ActivityReader.Key
    let moment: Timestamp
  }

  /// Classes that are kept at once: one of 1,000 learners takes some megabytes.
  private static let capacity = 12

  init(reader: PlaybackReader, ages: CacheAges) {
    snapshots = SingleFlightCache(ages, capacity: Self.capacity) { try await reader.snapshot($0) }
    wrongAnswers = SingleFlightCache(ages) { try await reader.wrongAnswers($0) }
    activities = SingleFlightCache(ages) { key in
      let buckets = try await reader.activity(
        course: key.activity.course, in: key.activity.window, arrivedBy: key.moment)
      return Activity(
        key.activity, source: .postgreSQL, buckets, position: nil, takenAt: key.moment)
    }
  }
}
