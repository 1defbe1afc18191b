/// A JSON value whose members keep their order, for documents that people read.
public indirect enum OrderedJSON: Sendable, Equatable {
  case text(String)
  case integer(Int64)
  case number(Double)
  case boolean(Bool)
  case array([OrderedJSON])
  case object([(String, OrderedJSON)])

  public static func == (left: OrderedJSON, right: OrderedJSON) -> Bool {
    left.pretty() == right.pretty()
  }

  /// The text, indented by two spaces a level.
  public func pretty(indentation: Int = 0) -> String {
    let inner = String(repeating: "  ", count: indentation + 1)
    let outer = String(repeating: "  ", count: indentation)
    switch self {
    case .text(let text): return Self.quoted(text)
    case .integer(let value): return String(value)
    case .number(let value):
      return value == value.rounded() && value.magnitude < 0x1p53
        ? String(Int64(value)) : "\(value)"
    case .boolean(let value): return String(value)
    case .array(let elements):
      if elements.isEmpty { return "[]" }
      let lines = elements.map { inner + $0.pretty(indentation: indentation + 1) }
      return "[\n" + lines.joined(separator: ",\n") + "\n\(outer)]"
    case .object(let members):
      if members.isEmpty { return "{}" }
      let lines = members.map { name, value in
        inner + Self.quoted(name) + ": " + value.pretty(indentation: indentation + 1)
      }
      return "{\n" + lines.joined(separator: ",\n") + "\n\(outer)}"
    }
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\u{0}"..<" ":
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
