/// One time series: a metric's values for one set of labels.
protocol MetricSeries: AnyObject, Sendable {
  static var kind: MetricKind { get }

  /// Appends its sample lines.
  func write(name: String, labels: MetricLabels, to text: inout PrometheusText)
}
