/// What `/metrics` says about a metric beside its samples.
public struct MetricDeclaration: Sendable, Equatable {
  /// The full name, with unit and `_total` where the naming rules ask for them
  /// (https://prometheus.io/docs/practices/naming/).
  public let name: String
  public let kind: MetricKind
  /// One sentence for the `HELP` line.
  public let help: String
  /// Upper bounds of a histogram's buckets, ascending, without `+Inf`; empty for other kinds.
  public let buckets: [Double]

  public init(name: String, kind: MetricKind, help: String, buckets: [Double] = []) {
    self.name = name
    self.kind = kind
    self.help = help
    self.buckets = buckets
  }
}

/// How Prometheus reads a metric's samples.
public enum MetricKind: String, Sendable {
  /// Only ever grows, until the process starts again.
  case counter
  /// Goes up and down.
  case gauge
  /// Observations sorted into cumulative buckets.
  case histogram
}

/// Upper bounds of histogram buckets that several metrics share.
public enum HistogramBuckets {
  /// Seconds, from what a call to a neighbour takes to what an outage of a sink costs.
  public static let latency: [Double] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300,
  ]
  /// Events in a batch.
  public static let batchSize: [Double] = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000]
}
