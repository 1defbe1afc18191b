/// How well something does.
public enum HealthStatus: String, Sendable, Encodable {
  case ok
  /// Works, with something missing.
  case degraded
  /// Does not work.
  case down
}
