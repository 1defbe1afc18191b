/// Names and values in statements of InfluxQL, and in predicates of InfluxDB 2's deletions.
///
/// Source: docs.influxdata.com/influxdb/v1/query_language/spec.
enum InfluxText {
  static func identifier(_ name: String) -> String {
    "\"" + name.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
  }

  static func string(_ value: String) -> String {
    "'" + value.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'"
  }
}
