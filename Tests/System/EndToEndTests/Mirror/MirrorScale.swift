import Foundation

/// How large the mirror's tests are. The environment makes them as large as the promises that they prove;
/// docs/bigquery.md has the figures.
enum MirrorScale {
  /// How long BigQuery hangs.
  static let hang = Duration.seconds(number("MIRROR_TEST_HANG_SECONDS") ?? 4)
  /// Rows that drain.
  static let queuedRows = number("MIRROR_TEST_QUEUED_ROWS") ?? 20_000
  /// Old rows that retention deletes.
  static let oldRows = number("MIRROR_TEST_OLD_ROWS") ?? 100_000
  /// What an answer to a POST may take, of a hundred all but one. Without it an answer may take as long
  /// as a hanging BigQuery, but not wait for it: tests share the machine, and prove no speed.
  static let answerLimit =
    number("MIRROR_TEST_ANSWER_MILLISECONDS").map(Duration.milliseconds) ?? hang

  private static func number(_ name: String) -> Int? {
    ProcessInfo.processInfo.environment[name].flatMap(Int.init)
  }
}

extension [Duration] {
  /// The value that so many of a hundred are not above; zero when there are none.
  func percentile(_ percent: Int) -> Duration {
    isEmpty ? .zero : sorted()[Swift.min(count * percent / 100, count - 1)]
  }
}
