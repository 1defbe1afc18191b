/// A point, read back.
struct ParsedPoint: Equatable {
  var measurement = ""
  var tags: [String: String] = [:]
  /// The order in which the tags came.
  var tagOrder: [String] = []
  /// Text without its quotes, behind a `"`; anything else as it is written.
  var fields: [String: String] = [:]
  var time: Int64 = 0
}

/// Reads line protocol by its published grammar, a scalar at a time; knows nothing of the encoder.
struct LineParser {
  struct Malformed: Error {
    let what: String
    let line: String
  }

  private let scalars: [Unicode.Scalar]
  private var position = 0

  static func parse(_ text: String) throws -> [ParsedPoint] {
    var parser = LineParser(scalars: Array(text.unicodeScalars))
    var points: [ParsedPoint] = []
    while parser.position < parser.scalars.count { points.append(try parser.point()) }
    return points
  }

  private init(scalars: [Unicode.Scalar]) { self.scalars = scalars }

  private mutating func point() throws -> ParsedPoint {
    var point = ParsedPoint()
    point.measurement = try word(until: ", ", escapable: ", ")
    while try take(",") {
      let key = try word(until: "=", escapable: ",= ")
      try expect("=")
      point.tags[key] = try word(until: ", ", escapable: ",= ")
      point.tagOrder.append(key)
    }
    repeat {
      // The space before the first field, then the comma before each further one.
      position += 1
      let key = try word(until: "=", escapable: ",= ")
      try expect("=")
      point.fields[key] = try fieldValue()
    } while position < scalars.count && scalars[position] == ","
    try expect(" ")
    var digits = ""
    while position < scalars.count, scalars[position] != "\n" {
      digits.unicodeScalars.append(scalars[position])
      position += 1
    }
    try expect("\n")
    guard let time = Int64(digits) else { throw malformed("time \(digits)") }
    point.time = time
    return point
  }

  private mutating func word(until ends: String, escapable: String) throws -> String {
    var text = ""
    while position < scalars.count {
      let scalar = scalars[position]
      if scalar == "\n" { throw malformed("newline in a name or a tag") }
      if scalar == "\\", position + 1 < scalars.count,
        escapable.unicodeScalars.contains(scalars[position + 1])
      {
        text.unicodeScalars.append(scalars[position + 1])
        position += 2
        continue
      }
      if ends.unicodeScalars.contains(scalar) { break }
      if escapable.unicodeScalars.contains(scalar) { throw malformed("unescaped \(scalar)") }
      text.unicodeScalars.append(scalar)
      position += 1
    }
    if text.isEmpty { throw malformed("an empty name or tag") }
    return text
  }

  private mutating func fieldValue() throws -> String {
    guard try take("\"") else { return try word(until: ", ", escapable: "") }
    var text = "\""
    while position < scalars.count, scalars[position] != "\"" {
      if scalars[position] == "\\" {
        position += 1
        guard position < scalars.count, scalars[position] == "\"" || scalars[position] == "\\"
        else { throw malformed("escape in a string") }
      }
      text.unicodeScalars.append(scalars[position])
      position += 1
    }
    try expect("\"")
    return text
  }

  private mutating func take(_ scalar: Unicode.Scalar) throws -> Bool {
    guard position < scalars.count else { throw malformed("the end") }
    guard scalars[position] == scalar else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ scalar: Unicode.Scalar) throws {
    guard try take(scalar) else { throw malformed("no \(scalar) at \(position)") }
  }

  private func malformed(_ what: String) -> Malformed {
    Malformed(what: what, line: scalars.map(String.init).joined())
  }
}
