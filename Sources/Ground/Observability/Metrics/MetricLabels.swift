/// Labels in the order of their names, so that the order in which a caller gives them makes no
/// difference.
struct MetricLabels: Hashable, Sendable, Comparable {
  private struct Label: Hashable, Sendable, Comparable {
    let name: String
    let value: String

    static func < (left: Label, right: Label) -> Bool {
      (left.name, left.value) < (right.name, right.value)
    }
  }

  private let labels: [Label]
  /// As it stands between name and value of a sample; empty without labels.
  let rendered: String

  init(_ dimensions: [(String, String)]) {
    self.init(labels: dimensions.map { Label(name: PrometheusText.labelName($0.0), value: $0.1) })
  }

  private init(labels: [Label]) {
    self.labels = labels.sorted()
    rendered =
      labels.isEmpty
      ? ""
      : "{"
        + self.labels.map { "\($0.name)=\"\(PrometheusText.escapedLabelValue($0.value))\"" }
        .joined(separator: ",") + "}"
  }

  /// These and one more; a histogram's `le`.
  func adding(_ name: String, _ value: String) -> MetricLabels {
    MetricLabels(labels: labels + [Label(name: name, value: value)])
  }

  static func < (left: MetricLabels, right: MetricLabels) -> Bool {
    left.labels.lexicographicallyPrecedes(right.labels)
  }
}
