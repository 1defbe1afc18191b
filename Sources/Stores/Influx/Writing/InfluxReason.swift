/// Turns the server's words into a reason that may be kept and shown.
///
/// The server quotes the line that it refuses, and with it the learner; so nothing of its words is
/// passed on but fixed phrases and, of a type conflict, the names and types, which are ours.
enum InfluxReason {
  static func of(_ message: String) -> String {
    if let conflict = typeConflict(message) { return conflict }
    for (sign, reason) in classes where message.contains(sign) { return reason }
    guard message.contains("unable to parse") || message.contains("parsing failed") else {
      return "InfluxDB refused the point"
    }
    // The quoted line comes first; what is wrong with it, last.
    let complaint = message.split(separator: "': ").last ?? ""
    let known = complaints.first { complaint.contains($0) }
    return known.map { "InfluxDB cannot parse the line: \($0)" }
      ?? "InfluxDB cannot parse the line"
  }

  private static let classes = [
    ("field type conflict", "field type conflict"),
    ("beyond retention policy", "the point is older than the retention policy keeps"),
    ("outside retention policy", "the point is older than the retention policy keeps"),
    ("max-values-per-tag", "InfluxDB's max-values-per-tag is reached"),
    ("max-series-per-database", "InfluxDB's max-series-per-database is reached"),
    ("max key length exceeded", "the tags are longer than InfluxDB takes"),
  ]

  private static let complaints = [
    "missing measurement", "missing tag key", "missing tag value", "missing fields",
    "missing field key", "missing field value", "invalid field format", "invalid number",
    "invalid boolean", "unable to parse integer", "unbalanced quotes", "bad timestamp",
    "time outside range", "duplicate tags", "value out of range",
  ]

  /// `field type conflict: input field "f" on measurement "m" is type string, already exists as type
  /// integer`, taken apart and put together again from words that hold only letters.
  private static func typeConflict(_ message: String) -> String? {
    guard
      let match = message.firstMatch(
        of:
          /input field "(\w{1,64})" on measurement "(\w{1,64})" is type (\w{1,16}), already exists as type (\w{1,16})/
      )
    else { return nil }
    return "field type conflict: input field \"\(match.1)\" on measurement \"\(match.2)\" "
      + "is type \(match.3), already exists as type \(match.4)"
  }
}
