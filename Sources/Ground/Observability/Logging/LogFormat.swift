/// How a log record is printed.
public enum LogFormat: String, Sendable, CaseIterable {
  /// For people: time, level, logger, message, then `key=value`.
  case text
  /// For machines: one JSON object a line.
  case json
}
