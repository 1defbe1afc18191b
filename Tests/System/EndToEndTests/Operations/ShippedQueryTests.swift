import Foundation
import LocalStack
import Observability
import ProgressBusTesting
import RedisDriver
import Testing

/// An alert on a metric that nobody exports never fires, and nothing else would tell.
@Suite struct ShippedQueryTests {
  @Test func everyMetricIsDeclared() throws {
    let declarations = ProgressBusMetric.allCases.map(\.declaration)
    var names: Set<String> = ["up"]
    for declaration in declarations {
      if declaration.kind == .histogram {
        names.formUnion(["_bucket", "_sum", "_count"].map { declaration.name + $0 })
      } else {
        names.insert(declaration.name)
      }
    }
    let uses = try ShippedQueries.metricUses()
    #expect(uses.count > 60)
    for use in uses { #expect(names.contains(use.name), "\(use)") }
  }

  /// A declared metric that is on no panel is one that nobody will see.
  @Test func everyMetricIsOnThePanels() throws {
    let shown = Set(
      try ShippedQueries.panelQueries().flatMap { MetricUse.all(in: $0.expression) }.map(\.name))
    let declarations = ProgressBusMetric.allCases.map(\.declaration)
    for declaration in declarations {
      #expect(shown.contains { $0.hasPrefix(declaration.name) }, "\(declaration.name)")
    }
  }

  @Test func everyAlertHasItsRunbook() throws {
    let headings = try ShippedQueries.text("docs/operations.md").split(separator: "\n")
      .filter { $0.hasPrefix("#") }
      .map { $0.drop { $0 == "#" || $0 == " " }.lowercased() }
    for rule in try ShippedQueries.alertRules() {
      #expect(rule.runbook == "docs/operations.md#\(rule.name.lowercased())")
      #expect(headings.contains(rule.name.lowercased()), "\(rule.name)")
    }
  }

  @Test func everyLegendNamesALabelThatIsLeft() throws {
    for (expression, legend) in try ShippedQueries.panelQueries() {
      let grouped = expression.matches(of: /by \(([a-z, ]+)\)/).flatMap {
        $0.output.1.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
      }
      for label in legend.matches(of: /{{([a-z]+)}}/) {
        let name = String(label.output.1)
        #expect(grouped.contains(name) || (grouped.isEmpty && name == "instance"), "\(expression)")
      }
    }
  }
}

extension EndToEnd {
  @Suite struct ExportedLabelTests {
    /// Prometheus adds these to every series.
    private static let scrapeLabels: Set<String> = ["job", "instance"]

    /// `up` is Prometheus's own. The mirror's series begin with its first rows, which need a BigQuery; those of
    /// role `firestore-source` need a Firestore.
    private static func isShownHere(_ name: String) -> Bool {
      name != "up" && !name.hasPrefix("progressbus_bigquery_")
        && !name.hasPrefix("progressbus_firestore_")
    }

    @Test func everyLabelIsExported() async throws {
      try await withDeployment { deployment in
        let process = try await deployment.serve("ingest,worker,dashboard")
        let sender = EventSender(to: process)
        _ = try await sender.post(NotebookEvent.classroom(5))
        try await eventually("5 events") { try await deployment.count("progress_events") == 5 }
        // Some series begin with the first fault.
        await deployment.redis.stop()
        _ = try await sender.post(NotebookEvent().json)
        try await eventually("a failed call to the bus") {
          try await MetricsPage(of: process).values.keys
            .contains { $0.hasPrefix("progressbus_bus_errors_total{") }
        }
        try await deployment.redis.start()

        let uses = try ShippedQueries.metricUses()
          .filter { Self.isShownHere($0.name) }
        // Gauges of the journal are read every few seconds.
        try? await eventually(within: .seconds(15), "all series") {
          let shown = try await Self.labels(of: process)
          return uses.allSatisfy { shown[$0.name] != nil }
        }
        let shown = try await Self.labels(of: process)
        for use in uses {
          let labels = try #require(shown[use.name], "\(use)")
          #expect(use.labels.subtracting(Self.scrapeLabels).isSubset(of: labels), "\(use)")
        }
      }
    }

    /// Otherwise *ProgressBusSinkDown* fires wherever no events come in for a while after a start.
    @Test func aWorkerWithoutEventsShowsItsSinksAsUp() async throws {
      try await withDeployment { deployment in
        let process = try await deployment.serve("worker")
        let page = try await MetricsPage(of: process)
        #expect(page["progressbus_sink_up", sink: "postgres"] == 1)
        #expect(page["progressbus_sink_up", sink: "influxdb"] == 1)
      }
    }

    /// The labels of every metric that a process shows.
    private static func labels(of process: ProgressBusProcess) async throws -> [String: Set<String>]
    {
      var labels: [String: Set<String>] = [:]
      for series in try await MetricsPage(of: process).values.keys {
        let name = String(series.prefix { $0 != "{" })
        labels[name, default: []].formUnion(
          series.matches(of: /([a-z_]+)="/).map { String($0.output.1) })
      }
      return labels
    }
  }
}
