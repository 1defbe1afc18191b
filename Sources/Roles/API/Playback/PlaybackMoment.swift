import Events
import HTTPServer
import HTTPTypes

/// The parameter `at`: an earlier moment that a class is played back to.
enum PlaybackMoment {
  private static let name = "at"
  private static let maximumLength = 64

  /// Nil when it is not given.
  ///
  /// - Throws: `Problem` of status 400 for what is no moment, or a moment that is yet to come.
  static func read(
    _ parameters: RequestParameters, now: Timestamp
  ) throws(Problem) -> Timestamp? {
    guard let text = try parameters.text(name, maximumLength: maximumLength) else { return nil }
    guard let moment = Timestamp(rfc3339: text.utf8), Timestamp.storable.contains(moment) else {
      throw problem("must be an RFC 3339 date and time, such as 2026-01-31T09:30:00Z")
    }
    guard moment <= now else { throw problem("must not be in the future") }
    return moment
  }

  static func problem(_ reason: String) -> Problem {
    Problem(status: .badRequest, detail: "\(name) \(reason)", parameter: name)
  }
}
