/// How long answers may be used again. An answer that is a little old loses nothing: the live stream
/// goes on from its `stream_id`.
public struct DashboardCaching: Sendable {
  var classroom = CacheAges(fresh: .milliseconds(500), usable: .seconds(2))
  /// Durations and common errors change slowly, and cost as much as all the rest.
  var statistics = CacheAges(fresh: .seconds(5), usable: .seconds(60))
  var courses = CacheAges(fresh: .seconds(1), usable: .seconds(5))
  var activity = CacheAges(fresh: .seconds(2), usable: .seconds(30))
  /// An older position only repeats a little more of the stream.
  var position = CacheAges(fresh: .milliseconds(200), usable: .milliseconds(200))

  public static let standard = DashboardCaching()

  /// Every answer from the database; for tests.
  public static let disabled: DashboardCaching = {
    var caching = DashboardCaching()
    caching.classroom = .none
    caching.statistics = .none
    caching.courses = .none
    caching.activity = .none
    caching.position = .none
    return caching
  }()
}
