/// Records of a CSV file (RFC 4180), with the separator that the first line tells: Excel writes semicolons where a comma
/// stands in decimal numbers, and tabs for "Unicode text". No I/O.
struct SeparatedText {
  struct Record: Equatable {
    /// The line on which it begins, from 1.
    let line: Int
    let fields: [String]

    /// As spreadsheets write rows below a table.
    var isBlank: Bool { fields.allSatisfy(\.isEmpty) }
  }

  struct Failure: Error, Equatable {
    let line: Int
    let reason: String
  }

  private static let separators: [Unicode.Scalar] = [",", ";", "\t"]

  /// - Returns: the records, without blank ones; fields without white space around them.
  static func records(_ text: String) throws(Failure) -> [Record] {
    var scalars = Array(text.unicodeScalars)
    if scalars.first == "\u{FEFF}" { scalars.removeFirst() }
    let separator = separator(of: scalars)
    var parser = Parser(scalars: scalars, separator: separator)
    return try parser.records()
  }

  private static func separator(of scalars: [Unicode.Scalar]) -> Unicode.Scalar {
    var counts = [0, 0, 0]
    var isQuoted = false
    for scalar in scalars {
      if scalar == "\"" { isQuoted.toggle() }
      guard !isQuoted else { continue }
      if scalar == "\n" || scalar == "\r" { break }
      if let place = separators.firstIndex(of: scalar) { counts[place] += 1 }
    }
    let most = counts.max() ?? 0
    return separators[counts.firstIndex(of: most) ?? 0]
  }

  private struct Parser {
    let scalars: [Unicode.Scalar]
    let separator: Unicode.Scalar
    private var place = 0
    private var line = 1

    init(scalars: [Unicode.Scalar], separator: Unicode.Scalar) {
      self.scalars = scalars
      self.separator = separator
    }

    mutating func records() throws(Failure) -> [Record] {
      var records: [Record] = []
      while place < scalars.count {
        let record = try record()
        if !record.isBlank { records.append(record) }
      }
      return records
    }

    private mutating func record() throws(Failure) -> Record {
      let first = line
      var fields: [String] = []
      while true {
        fields.append(try field())
        guard place < scalars.count else { break }
        let end = scalars[place]
        place += 1
        if end == separator { continue }
        if end == "\r", place < scalars.count, scalars[place] == "\n" { place += 1 }
        line += 1
        break
      }
      return Record(line: first, fields: fields)
    }

    /// Ends before a separator or a line's end.
    private mutating func field() throws(Failure) -> String {
      var end = place
      while end < scalars.count, isSpace(scalars[end]) { end += 1 }
      guard end < scalars.count, scalars[end] == "\"" else { return plainField() }
      place = end + 1
      return try quotedField()
    }

    private mutating func plainField() -> String {
      let start = place
      while place < scalars.count, !endsField(scalars[place]) { place += 1 }
      return trimmed(scalars[start..<place])
    }

    private mutating func quotedField() throws(Failure) -> String {
      let opened = line
      var text: [Unicode.Scalar] = []
      while place < scalars.count {
        let scalar = scalars[place]
        place += 1
        if scalar == "\"" {
          guard place < scalars.count, scalars[place] == "\"" else {
            while place < scalars.count, isSpace(scalars[place]) { place += 1 }
            guard place == scalars.count || endsField(scalars[place]) else {
              throw Failure(line: line, reason: "text stands behind a closing quote")
            }
            return trimmed(text[...])
          }
          place += 1
        } else if scalar == "\n" || scalar == "\r" && !isFollowedByLineFeed {
          line += 1
        }
        text.append(scalar)
      }
      throw Failure(line: opened, reason: "a quote is not closed")
    }

    private var isFollowedByLineFeed: Bool { place < scalars.count && scalars[place] == "\n" }

    private func endsField(_ scalar: Unicode.Scalar) -> Bool {
      scalar == separator || scalar == "\n" || scalar == "\r"
    }

    private func isSpace(_ scalar: Unicode.Scalar) -> Bool {
      scalar != separator && (scalar == " " || scalar == "\t")
    }

    private func trimmed(_ part: ArraySlice<Unicode.Scalar>) -> String {
      var part = part.drop { $0.properties.isWhitespace }
      while part.last?.properties.isWhitespace == true { part.removeLast() }
      var text = String.UnicodeScalarView()
      text.append(contentsOf: part)
      return String(text)
    }
  }
}
