/// What became of the lines of one request.
enum InfluxOutcome: Sendable, Equatable {
  case stored
  /// The server names the lines that it refuses, counted from 0; the others are stored.
  case refusedLines([Int: String])
  /// Some lines are refused for good; the server does not say which.
  case refused(String)
  /// The request is larger than the server takes.
  case tooLarge
  /// Nothing is wrong with the lines; try again later.
  case unavailable(String, retryAfter: Duration?)
}
