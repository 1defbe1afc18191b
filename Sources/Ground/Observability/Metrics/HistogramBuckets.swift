/// Upper bounds of histogram buckets that several metrics share.
public enum HistogramBuckets {
  /// Seconds, from what a call to a neighbour takes to what an outage of a sink costs.
  public static let latency: [Double] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300,
  ]
  /// Events in a batch.
  public static let batchSize: [Double] = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000]
}
