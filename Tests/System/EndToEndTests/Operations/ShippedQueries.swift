import Foundation
import ProgressBusTesting
import Testing
import Yams

/// The expressions in the alert rules and the Grafana dashboard that are shipped.
enum ShippedQueries {
  struct AlertRule {
    let name: String
    let expression: String
    let runbook: String
  }

  static func text(_ path: String) throws -> String {
    try String(contentsOf: ProjectFolder.url.appendingPathComponent(path), encoding: .utf8)
  }

  static func alertRules() throws -> [AlertRule] {
    let file = try #require(try compose(yaml: text("deploy/prometheus/alerts.yml")))
    let groups = try #require(file["groups"]?.sequence)
    return try groups.flatMap { group in
      try #require(group["rules"]?.sequence).map { rule in
        AlertRule(
          name: try #require(rule["alert"]?.string), expression: try #require(rule["expr"]?.string),
          runbook: try #require(rule["annotations"]?["runbook"]?.string))
      }
    }
  }

  static func panelQueries() throws -> [(expression: String, legend: String)] {
    let data = Data(try text("deploy/grafana/progressbus.json").utf8)
    return try JSONDecoder().decode(GrafanaDashboard.self, from: data).panels
      .flatMap { $0.targets ?? [] }.map { ($0.expr, $0.legendFormat) }
  }

  static func metricUses() throws -> [MetricUse] {
    try (alertRules().map(\.expression) + panelQueries().map(\.expression))
      .flatMap(MetricUse.all(in:))
  }

  private struct GrafanaDashboard: Decodable {
    struct Panel: Decodable {
      struct Target: Decodable {
        let expr: String
        let legendFormat: String
      }
      let targets: [Target]?
    }
    let panels: [Panel]
  }
}
