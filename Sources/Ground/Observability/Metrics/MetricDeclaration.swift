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
