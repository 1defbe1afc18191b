import Foundation

/// Random JSON texts, well-formed.
enum RandomJSON {
  static func value(depth: Int, using random: inout some RandomNumberGenerator) -> String {
    switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &random) {
    case 0: return "null"
    case 1: return Bool.random(using: &random) ? "true" : "false"
    case 2: return String(Int64.random(in: -1000...1_000_000, using: &random))
    case 3: return "\(Double.random(in: -1e6...1e6, using: &random))"
    case 4, 5: return string(using: &random)
    case 6:
      let elements = (0..<Int.random(in: 0..<4, using: &random)).map { _ in
        value(depth: depth - 1, using: &random)
      }
      return "[" + elements.joined(separator: " , ") + "]"
    default:
      let members = (0..<Int.random(in: 0..<4, using: &random)).map { index in
        "\"k\(index)\" : " + value(depth: depth - 1, using: &random)
      }
      return "{" + members.joined(separator: ",") + "}"
    }
  }

  static func string(using random: inout some RandomNumberGenerator) -> String {
    let pieces = [
      "a", "é", "日本", "😀", #"\n"#, #"\""#, #"\\"#, #"\/"#, #"\u00e9"#, #"\ud83d\ude00"#, " ", "x",
    ]
    let content = (0..<Int.random(in: 0..<8, using: &random)).map { _ in
      pieces.randomElement(using: &random)!
    }
    return "\"" + content.joined() + "\""
  }

  /// Where Foundation and RFC 8259 part: it takes a comma before a closing bracket, and refuses
  /// numbers beyond a double and escaped lone surrogates, which are well-formed.
  static func foundationDiffers(_ text: String) -> Bool {
    let patterns = [#",\s*[\]}]"#, #"\d[eE][+-]?\d{3,}"#, #"\\u[dD][89a-fA-F]"#]
    return patterns.contains { text.range(of: $0, options: .regularExpression) != nil }
  }
}
