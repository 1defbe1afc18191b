/// How Prometheus reads a metric's samples.
public enum MetricKind: String, Sendable {
  /// Only ever grows, until the process starts again.
  case counter
  /// Goes up and down.
  case gauge
  /// Observations sorted into cumulative buckets.
  case histogram
}
