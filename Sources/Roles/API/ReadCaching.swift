/// How long answers may be used again. An answer that is a little old loses nothing: the live stream
/// goes on from its `stream_id`.
public struct ReadCaching: Sendable {
  var classroom = CacheAges(fresh: .milliseconds(500), usable: .seconds(2))
  var courses = CacheAges(fresh: .seconds(1), usable: .seconds(5))
  var wrongAnswers = CacheAges(fresh: .seconds(5), usable: .seconds(30))
  var activity = CacheAges(fresh: .seconds(2), usable: .seconds(30))
  var playback = CacheAges(fresh: .seconds(20), usable: .seconds(20))
  var lessons = CacheAges(fresh: .seconds(15), usable: .seconds(60))
  /// An older position only repeats a little more of the stream.
  var position = CacheAges(fresh: .milliseconds(200), usable: .milliseconds(200))
  /// The most rows of `cell_progress` that are kept to be brought forward, about 60 bytes each.
  var recordedRows = 1_000_000

  public static let standard = ReadCaching()

  /// Every answer from the database, as of its moment. What is recorded of a class is kept: it is compared
  /// with the database's own counts each time.
  public static let disabled: ReadCaching = {
    var caching = ReadCaching()
    caching.classroom = .none
    caching.courses = .none
    caching.activity = .none
    caching.wrongAnswers = .none
    caching.playback = .none
    caching.lessons = .none
    caching.position = .none
    return caching
  }()

  /// Nothing is kept from one answer to the next.
  public static let cold: ReadCaching = {
    var caching = disabled
    caching.recordedRows = 0
    return caching
  }()
}

/// How long an answer may be used again.
struct CacheAges: Sendable {
  /// Up to this age it is used as it is.
  let fresh: Duration
  /// Up to this age it is used, and a newer one is loaded behind it.
  let usable: Duration

  static let none = CacheAges(fresh: .zero, usable: .zero)
}
