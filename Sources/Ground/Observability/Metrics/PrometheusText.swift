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
