/// Builds the Prometheus text format 0.0.4
/// (https://prometheus.io/docs/instrumenting/exposition_formats/).
struct PrometheusText {
  private(set) var text = ""

  mutating func header(name: String, kind: MetricKind, help: String?) {
    if let help { text += "# HELP \(name) \(Self.escapedHelp(help))\n" }
    text += "# TYPE \(name) \(kind.rawValue)\n"
  }

  mutating func sample(_ name: String, _ labels: MetricLabels, _ value: String) {
    text += name
    text += labels.rendered
    text += " "
    text += value
    text += "\n"
  }

  /// A value or a bucket's bound: whole numbers without a fraction.
  static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    // Beyond 2^53 a Double no longer tells whole numbers apart.
    if value == value.rounded(), abs(value) < 9_007_199_254_740_992 { return String(Int64(value)) }
    return value.description
  }

  static func escapedLabelValue(_ value: String) -> String {
    escaped(value, quotes: true)
  }

  static func escapedHelp(_ help: String) -> String {
    escaped(help, quotes: false)
  }

  private static func escaped(_ value: String, quotes: Bool) -> String {
    var result = ""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\"" where quotes: result += "\\\""
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// Other libraries name metrics freely: `[a-zA-Z_:][a-zA-Z0-9_:]*` is all that Prometheus takes.
  static func metricName(_ name: String) -> String {
    sanitized(name) { $0 == UInt8(ascii: ":") }
  }

  /// As a metric's name, but without colons.
  static func labelName(_ name: String) -> String {
    sanitized(name) { _ in false }
  }

  private static func sanitized(_ name: String, also allowed: (UInt8) -> Bool) -> String {
    var bytes: [UInt8] = []
    for byte in name.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "_"):
        bytes.append(byte)
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        if bytes.isEmpty { bytes.append(UInt8(ascii: "_")) }
        bytes.append(byte)
      default: bytes.append(allowed(byte) ? byte : UInt8(ascii: "_"))
      }
    }
    return bytes.isEmpty ? "_" : String(decoding: bytes, as: UTF8.self)
  }
}

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
