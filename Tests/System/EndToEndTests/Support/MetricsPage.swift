import Foundation

/// What `/metrics` says, by series (`name` or `name{label="value"}`).
struct MetricsPage {
  let values: [String: Double]

  init(of process: ProgressBusProcess) async throws {
    let text = try await HTTP.shared.get("\(process.url)/metrics").text
    var values: [String: Double] = [:]
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      guard let space = line.lastIndex(of: " ") else { continue }
      values[String(line[..<space])] = Double(line[line.index(after: space)...])
    }
    self.values = values
  }

  subscript(_ series: String) -> Double? { values[series] }

  subscript(_ name: String, sink sink: String) -> Double? {
    values["\(name){sink=\"\(sink)\"}"]
  }
}
