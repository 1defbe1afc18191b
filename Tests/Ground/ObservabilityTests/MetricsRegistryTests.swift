import CoreMetrics
import Observability
import Testing

@Suite struct MetricsRegistryTests {
  @Test func printsTheTextFormat() {
    let registry = MetricsRegistry(declarations: [
      MetricDeclaration(name: "lag", kind: .gauge, help: "Back\\slash and\nnew line."),
      MetricDeclaration(name: "wait_seconds", kind: .histogram, help: "Waits.", buckets: [0.1, 1]),
      MetricDeclaration(name: "written_total", kind: .counter, help: "Written."),
    ])
    Counter(label: "written_total", dimensions: [("sink", "b")], factory: registry).increment(by: 2)
    Counter(
      label: "written_total", dimensions: [("sink", "a\"\\\n"), ("kind", "z")], factory: registry
    )
    .increment()
    Meter(label: "lag", factory: registry).set(2.5)
    let wait = Timer(label: "wait_seconds", dimensions: [("sink", "a")], factory: registry)
    wait.recordMilliseconds(100)
    wait.recordMilliseconds(500)
    wait.recordSeconds(7)
    FloatingPointCounter(label: "odd.name-1", factory: registry).increment(by: 0.5)

    #expect(
      registry.prometheusText() == """
        # HELP lag Back\\\\slash and\\nnew line.
        # TYPE lag gauge
        lag 2.5
        # TYPE odd_name_1 counter
        odd_name_1 0.5
        # HELP wait_seconds Waits.
        # TYPE wait_seconds histogram
        wait_seconds_bucket{le="0.1",sink="a"} 1
        wait_seconds_bucket{le="1",sink="a"} 2
        wait_seconds_bucket{le="+Inf",sink="a"} 3
        wait_seconds_sum{sink="a"} 7.6
        wait_seconds_count{sink="a"} 3
        # HELP written_total Written.
        # TYPE written_total counter
        written_total{kind="z",sink="a\\"\\\\\\n"} 1
        written_total{sink="b"} 2
        # HELP progressbus_metric_conflicts_total \
        Metrics left out because their name already stands for another kind.
        # TYPE progressbus_metric_conflicts_total counter
        progressbus_metric_conflicts_total 0

        """)
  }

  @Test func labelsInAnyOrderAreOneSeries() {
    let registry = MetricsRegistry(declarations: [])
    Counter(label: "c", dimensions: [("a", "1"), ("b", "2")], factory: registry).increment()
    Counter(label: "c", dimensions: [("b", "2"), ("a", "1")], factory: registry).increment()
    #expect(registry.prometheusText().contains("c{a=\"1\",b=\"2\"} 2\n"))
  }

  @Test func anotherKindUnderTheSameNameIsCountedAndNotShown() {
    let registry = MetricsRegistry(declarations: [])
    Counter(label: "c", factory: registry).increment()
    Meter(label: "c", factory: registry).set(9)
    let text = registry.prometheusText()
    #expect(text.contains("# TYPE c counter\nc 1\n"))
    #expect(text.contains("\nprogressbus_metric_conflicts_total 1\n"))
  }

  @Test func destroyedSeriesDisappear() {
    let registry = MetricsRegistry(declarations: [])
    let gauge = Meter(label: "lag", dimensions: [("group", "gone")], factory: registry)
    gauge.set(3)
    gauge.destroy()
    #expect(!registry.prometheusText().contains("lag"))
  }

  @Test func collectorsRunBeforeEachPrint() {
    let registry = MetricsRegistry(declarations: [])
    let counter = Counter(label: "prints", factory: registry)
    registry.onCollect { counter.increment() }
    _ = registry.prometheusText()
    #expect(registry.prometheusText().contains("prints 2\n"))
  }

  @Test func countsFromManyTasksAddUp() async {
    let registry = MetricsRegistry(declarations: [])
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask {
          let counter = Counter(label: "c", factory: registry)
          let sizes = Recorder(label: "h", factory: registry)
          for _ in 0..<1_000 {
            counter.increment()
            sizes.record(2)
          }
        }
      }
    }
    let text = registry.prometheusText()
    #expect(text.contains("c 8000\n"))
    #expect(text.contains("h_sum 16000\n"))
    #expect(text.contains("h_count 8000\n"))
  }

  @Test func declaredMetricsFollowTheNamingRules() {
    for metric in ProgressBusMetric.allCases {
      let declaration = metric.declaration
      #expect(declaration.name == metric.name)
      #expect(declaration.help.hasSuffix("."))
      #expect(declaration.name.hasSuffix("_total") == (declaration.kind == .counter))
      #expect(declaration.buckets.isEmpty == (declaration.kind != .histogram))
      #expect(declaration.buckets == declaration.buckets.sorted())
    }
  }

  @Test func processMetricsTellTheResidentMemory() throws {
    let registry = MetricsRegistry()
    ProcessMetrics.register(in: registry, version: "1.2.3")
    let text = registry.prometheusText()
    #expect(text.contains("progressbus_build_info{version=\"1.2.3\"} 1\n"))
    let line = try #require(
      text.split(separator: "\n").first { $0.hasPrefix("process_resident_memory_bytes ") })
    let bytes = try #require(Int(line.split(separator: " ")[1]))
    #expect(bytes > 1_000_000)
  }
}
