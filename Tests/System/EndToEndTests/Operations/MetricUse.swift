import Foundation

/// A metric in a PromQL expression, with the labels that the expression expects of it.
struct MetricUse: Hashable, CustomStringConvertible {
  let name: String
  let labels: Set<String>
  let expression: String

  var description: String { "\(name){\(labels.sorted().joined(separator: ","))} in \(expression)" }

  /// The metrics in `expression`. Understands what the shipped files use: matchers, `by` before its
  /// operand, and `label_replace`, whose label comes from nowhere.
  static func all(in expression: String) -> [MetricUse] {
    let groupings = Grouping.all(in: expression)
    let names = /\b(?:progressbus_|process_)[a-z0-9_]+|\bup\b/
    return expression.matches(of: names).map { match in
      var labels: Set<String> = []
      let rest = expression[match.range.upperBound...]
      if rest.hasPrefix("{"), let end = rest.firstIndex(of: "}") {
        for matcher in rest[rest.index(after: rest.startIndex)..<end].split(separator: ",") {
          labels.insert(String(matcher.prefix { $0.isLetter || $0 == "_" }))
        }
      }
      for grouping in groupings where grouping.operand.contains(match.range.lowerBound) {
        labels.formUnion(grouping.labels)
        let made = expression[grouping.operand].matches(
          of: /label_replace\([^"]*"([a-z]+)", "\$1", "([a-z]+)"/)
        for replacement in made {
          labels.remove(String(replacement.output.1))
          labels.insert(String(replacement.output.2))
        }
      }
      return MetricUse(name: String(match.output), labels: labels, expression: expression)
    }
  }

  /// `by (labels) (operand)`.
  private struct Grouping {
    let labels: [String]
    let operand: Range<String.Index>

    static func all(in expression: String) -> [Grouping] {
      expression.matches(of: /by \(([a-z, ]+)\)\s*\(/).map { match in
        let labels = match.output.1.split(separator: ",").map {
          $0.trimmingCharacters(in: .whitespaces)
        }
        var depth = 1
        var index = match.range.upperBound
        while index < expression.endIndex, depth > 0 {
          if expression[index] == "(" { depth += 1 }
          if expression[index] == ")" { depth -= 1 }
          index = expression.index(after: index)
        }
        return Grouping(labels: labels, operand: match.range.upperBound..<index)
      }
    }
  }
}
