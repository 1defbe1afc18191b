extension ProgressBusMetric {
  public var declaration: MetricDeclaration {
    switch self {
    case .eventsReceived: counter("Events that came in by HTTP, valid or not.")
    case .eventsAccepted: counter("Events answered with 202: they are in the journal.")
    case .eventsRejected: counter("Events refused at the edge, by reason.")
    case .eventsPublished: counter("Events appended to the journal and published on the channel.")
    case .requestSeconds:
      histogram(
        "Time from the end of a request with events to the bus's confirmation.",
        HistogramBuckets.latency)
    case .sinkWritten: counter("Events that a sink committed.")
    case .sinkRetries: counter("Writes tried again because the sink was unavailable.")
    case .sinkRefused: counter("Writes refused whole, after which the batch was halved.")
    case .sinkClaimed: counter("Events taken over from consumers that fell silent.")
    case .sinkUp: gauge("1 while the sink takes writes, 0 while it is unavailable.")
    case .sinkBatchEvents: histogram("Events in one write.", HistogramBuckets.batchSize)
    case .sinkWriteSeconds: histogram("Time that one write took.", HistogramBuckets.latency)
    case .endToEndSeconds:
      histogram("Time from an event's receipt to the sink's commit.", HistogramBuckets.latency)
    case .deadLetters: counter("Events and messages put among the dead letters, by sink.")
    case .journalEntries: gauge("Entries in the journal.")
    case .journalCapacity:
      gauge("Entries at which the journal is full, and events are refused until sinks catch up.")
    case .journalLag: gauge("Entries that a consumer group has not acknowledged yet.")
    case .journalTrimmed: counter("Entries that this process removed from the journal.")
    case .busErrors: counter("Calls to the bus that failed, by operation.")
    case .adopted: counter("Hand-published events that this process put into the journal.")
    case .adoptionRejected:
      counter("Hand-published messages that are no valid event, by this process.")
    case .adoptionDropped:
      counter("Hand-published messages that this process gave up: it fell behind.")
    case .websocketSubscribers: gauge("Open WebSocket subscriptions.")
    case .websocketEventsSent: counter("Events handed to WebSocket subscribers.")
    case .websocketGaps: counter("Gaps announced to WebSocket subscribers.")
    case .websocketSlowClosed: counter("WebSocket subscribers closed because they read too slowly.")
    case .bigQueryRows: counter("Rows judged after an attempt, by table and outcome.")
    case .bigQueryCalls: counter("insertAll calls, by table and outcome.")
    case .bigQueryPending: gauge("Rows on the queue, by table.")
    case .bigQueryFailed: gauge("Rows given up, by table.")
    case .bigQueryAlerts: counter("Warnings and alerts raised, by kind.")
    case .bigQueryExpired: counter("Mirrored rows that retention deleted, by table.")
    case .buildInfo: gauge("Always 1; the labels tell the build.")
    case .residentMemory: gauge("Resident memory in bytes.")
    case .startTime: gauge("Start of the process in seconds since 1970.")
    }
  }

  private func counter(_ help: String) -> MetricDeclaration {
    MetricDeclaration(name: rawValue, kind: .counter, help: help)
  }

  private func gauge(_ help: String) -> MetricDeclaration {
    MetricDeclaration(name: rawValue, kind: .gauge, help: help)
  }

  private func histogram(_ help: String, _ buckets: [Double]) -> MetricDeclaration {
    MetricDeclaration(name: rawValue, kind: .histogram, help: help, buckets: buckets)
  }
}
