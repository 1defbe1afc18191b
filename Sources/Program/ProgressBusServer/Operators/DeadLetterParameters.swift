import API

/// Checks what requests say about dead letters. Each error names its parameter.
enum DeadLetterParameters {
  /// Who can refuse what is to be stored.
  static let sinks = ["bus", "postgres", "influxdb", "bigquery"]
  private static let reasonLength = 256

  static func filter(_ parameters: RequestParameters) throws(Problem) -> DeadLetterFilter {
    try filter(
      sink: parameters.text("sink", maximumLength: 64),
      reason: parameters.text("reason", maximumLength: reasonLength))
  }

  static func filter(sink: String?, reason: String?) throws(Problem) -> DeadLetterFilter {
    if let sink, !sinks.contains(sink) {
      throw .badRequest("sink must be one of \(sinks.joined(separator: ", "))")
    }
    if let reason {
      guard (1...reasonLength).contains(reason.unicodeScalars.count), !reason.utf8.contains(0)
      else {
        throw .badRequest("reason must have 1 to \(reasonLength) characters, and no NUL")
      }
    }
    return DeadLetterFilter(sink: sink, reason: reason)
  }

  static func id(_ parameters: RequestParameters) throws(Problem) -> DeadLetterID {
    guard let id = DeadLetterID(try parameters.identifier(inPath: "id")) else {
      throw .badRequest(
        "id must be the id of a dead letter, such as 1763735000000-0 or bigquery-17")
    }
    return id
  }

  static func place(_ parts: [String]?) throws(Problem) -> DeadLetterPlace? {
    guard let parts else { return nil }
    guard let place = DeadLetterPlace(parts: parts) else {
      throw .badRequest("cursor must be the next_cursor of an answer to the same request")
    }
    return place
  }

  /// - Parameter name: of the member that holds `word`.
  static func place(_ word: String?, _ name: String) throws(Problem) -> DeadLetterPlace? {
    guard let word else { return nil }
    guard let parts = Cursor.parts(of: word), let place = DeadLetterPlace(parts: parts) else {
      throw .badRequest("\(name) must come from an answer about dead letters")
    }
    return place
  }
}
