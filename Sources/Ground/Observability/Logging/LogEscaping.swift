/// Keeps a log record on its line, whatever a client put into a value.
enum LogEscaping {
  /// Control characters and Unicode's other line ends as escapes.
  static func escaped(_ value: String, quotes: Bool) -> String {
    guard value.unicodeScalars.contains(where: { needsEscape($0, quotes: quotes) }) else {
      return value
    }
    var result = ""
    for scalar in value.unicodeScalars {
      guard needsEscape(scalar, quotes: quotes) else {
        result.unicodeScalars.append(scalar)
        continue
      }
      switch scalar {
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case "\\": result += "\\\\"
      case "\"": result += "\\\""
      default:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      }
    }
    return result
  }

  private static func needsEscape(_ scalar: Unicode.Scalar, quotes: Bool) -> Bool {
    switch scalar.value {
    // C0, DEL and C1 (a terminal obeys them), line and paragraph separators, and the controls that
    // turn the direction of text.
    case 0..<0x20, 0x7F...0x9F, 0x2028, 0x2029, 0x202A...0x202E, 0x2066...0x2069: true
    case 0x22: quotes
    case 0x5C: true
    default: false
    }
  }
}
