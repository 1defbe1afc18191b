public import CoreMetrics

/// Every metric of the product. No label ever holds a learner's or an event's id: each value of a
/// label is a time series that Prometheus keeps.
public enum ProgressBusMetric: String, CaseIterable, Sendable {
  case eventsReceived = "progressbus_events_received_total"
  case eventsAccepted = "progressbus_events_accepted_total"
  case eventsRejected = "progressbus_events_rejected_total"
  case eventsPublished = "progressbus_events_published_total"
  case requestSeconds = "progressbus_request_seconds"
  case ingestArrivingBytes = "progressbus_ingest_arriving_bytes"
  case ingestBodiesRefused = "progressbus_ingest_bodies_refused_total"
  case otherClientEvents = "progressbus_other_client_events_total"

  case httpConnections = "progressbus_http_connections"
  case httpConnectionsRefused = "progressbus_http_connections_refused_total"
  case accessRefused = "progressbus_access_refused_total"
  case limited = "progressbus_limited_total"
  case joins = "progressbus_joins_total"

  case sinkWritten = "progressbus_sink_written_total"
  case sinkRetries = "progressbus_sink_retries_total"
  case sinkRefused = "progressbus_sink_refused_batches_total"
  case sinkExpired = "progressbus_sink_expired_total"
  case sinkClaimed = "progressbus_sink_claimed_total"
  case sinkUp = "progressbus_sink_up"
  case sinkBatchEvents = "progressbus_sink_batch_events"
  case sinkWriteSeconds = "progressbus_sink_write_seconds"
  case endToEndSeconds = "progressbus_end_to_end_seconds"
  case deadLetters = "progressbus_dead_letters_total"
  case deadLettersWaiting = "progressbus_dead_letters_waiting"

  case journalEntries = "progressbus_journal_entries"
  case journalCapacity = "progressbus_journal_capacity"
  case journalLag = "progressbus_journal_lag"
  case journalTrimmed = "progressbus_journal_trimmed_total"
  case busErrors = "progressbus_bus_errors_total"
  case busFault = "progressbus_bus_fault"
  case busUnconfirmed = "progressbus_bus_unconfirmed_total"

  case adopted = "progressbus_adopted_total"
  case adoptionRejected = "progressbus_adoption_rejected_total"
  case adoptionDropped = "progressbus_adoption_dropped_total"

  case erasedDropped = "progressbus_erased_dropped_total"

  case websocketSubscribers = "progressbus_websocket_subscribers"
  case websocketEventsSent = "progressbus_websocket_events_sent_total"
  case websocketGaps = "progressbus_websocket_gaps_total"
  case websocketSlowClosed = "progressbus_websocket_slow_closed_total"
  case websocketReplays = "progressbus_websocket_replays"
  case websocketReplaysRefused = "progressbus_websocket_replays_refused_total"

  case classAlerts = "progressbus_class_alerts"
  case classAlertsRaised = "progressbus_class_alerts_raised_total"

  case bigQueryRows = "progressbus_bigquery_rows_total"
  case bigQueryCalls = "progressbus_bigquery_calls_total"
  case bigQueryRunning = "progressbus_bigquery_running"
  case bigQueryPending = "progressbus_bigquery_pending"
  case bigQueryFailed = "progressbus_bigquery_failed"
  case bigQueryAlerts = "progressbus_bigquery_alerts_total"
  case bigQueryExpired = "progressbus_bigquery_expired_total"
  case retentionDeleted = "progressbus_retention_deleted_total"

  case firestoreSessions = "progressbus_firestore_sessions_total"
  case firestoreWrites = "progressbus_firestore_writes_total"
  case firestoreFailing = "progressbus_firestore_failing"

  case buildInfo = "progressbus_build_info"
  case residentMemory = "process_resident_memory_bytes"
  case startTime = "process_start_time_seconds"

  public var name: String { rawValue }

  /// A counter of this metric for one set of labels.
  public func counter(_ labels: [(String, String)] = [], in factory: any MetricsFactory) -> Counter
  {
    Counter(label: name, dimensions: labels, factory: factory)
  }

  /// A gauge of this metric for one set of labels.
  public func gauge(_ labels: [(String, String)] = [], in factory: any MetricsFactory) -> Meter {
    Meter(label: name, dimensions: labels, factory: factory)
  }

  /// A histogram of plain numbers for one set of labels.
  public func histogram(
    _ labels: [(String, String)] = [], in factory: any MetricsFactory
  ) -> Recorder {
    Recorder(label: name, dimensions: labels, aggregate: true, factory: factory)
  }

  /// A histogram of durations, in seconds, for one set of labels.
  public func timer(_ labels: [(String, String)] = [], in factory: any MetricsFactory) -> Timer {
    Timer(label: name, dimensions: labels, factory: factory)
  }
}

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
    case .ingestArrivingBytes:
      gauge("Memory held by bodies of requests that have not come whole, in bytes.")
    case .ingestBodiesRefused: counter("Requests refused because too many bodies were arriving.")
    case .otherClientEvents:
      counter("What other people's clients sent, and whether it became an event, by client.")
    case .httpConnections: gauge("Open HTTP connections, WebSockets included.")
    case .httpConnectionsRefused: counter("Connections refused because too many were open.")
    case .accessRefused:
      counter("Requests refused for want of a token that is good and enough, by reason.")
    case .limited:
      counter("Requests, connections and subscribers refused, by the limit that they were over.")
    case .joins: counter("Attempts to join a course by a code, by what became of them.")
    case .sinkWritten: counter("Events that a sink committed.")
    case .sinkRetries: counter("Writes tried again because the sink was unavailable.")
    case .sinkRefused: counter("Writes refused whole, after which the batch was halved.")
    case .sinkExpired: counter("Events older than a sink keeps them, which it left out.")
    case .sinkClaimed: counter("Events taken over from consumers that fell silent.")
    case .sinkUp: gauge("1 while the sink takes writes, 0 while it is unavailable.")
    case .sinkBatchEvents: histogram("Events in one write.", HistogramBuckets.batchSize)
    case .sinkWriteSeconds: histogram("Time that one write took.", HistogramBuckets.latency)
    case .endToEndSeconds:
      histogram("Time from an event's receipt to the sink's commit.", HistogramBuckets.latency)
    case .deadLetters: counter("Events and messages put among the dead letters, by sink.")
    case .deadLettersWaiting:
      gauge("Refused events that stay in the journal because the dead letters are full, by sink.")
    case .journalEntries: gauge("Entries in the journal.")
    case .journalCapacity:
      gauge("Entries at which the journal is full, and events are refused until sinks catch up.")
    case .journalLag: gauge("Entries that a consumer group has not acknowledged yet.")
    case .journalTrimmed: counter("Entries that this process removed from the journal.")
    case .busErrors: counter("Calls to the bus that failed, by operation.")
    case .busFault: gauge("1 while this keeps the bus from taking events, 0 once it is over.")
    case .busUnconfirmed:
      counter(
        "Batches of events that too few replicas confirmed; their senders were told to try again.")
    case .adopted: counter("Hand-published events that this process put into the journal.")
    case .adoptionRejected:
      counter("Hand-published messages that are no valid event, by this process.")
    case .adoptionDropped:
      counter("Hand-published messages that this process gave up: it fell behind.")
    case .erasedDropped:
      counter("Events of erased learners that were dropped, by the place where they were met.")
    case .websocketSubscribers: gauge("Open WebSocket subscriptions.")
    case .websocketEventsSent: counter("Events handed to WebSocket subscribers.")
    case .websocketGaps: counter("Gaps announced to WebSocket subscribers.")
    case .websocketSlowClosed: counter("WebSocket subscribers closed because they read too slowly.")
    case .websocketReplays: gauge("WebSocket subscribers that are being given what they missed.")
    case .websocketReplaysRefused:
      counter("Replays refused because too many were under way.")
    case .classAlerts:
      gauge("Places at which many learners of a class fail now, of all classes that are at work.")
    case .classAlertsRaised: counter("Such places that were found, each once while it stands.")
    case .bigQueryRows: counter("Rows judged after an attempt, by table and outcome.")
    case .bigQueryCalls: counter("insertAll calls, by table and outcome.")
    case .bigQueryRunning:
      gauge("1 while the mirror sends rows, 0 while it starts or waits for PostgreSQL or Google.")
    case .bigQueryPending: gauge("Rows on the queue, by table.")
    case .bigQueryFailed: gauge("Rows given up, by table.")
    case .bigQueryAlerts: counter("Warnings and alerts raised, by kind.")
    case .bigQueryExpired: counter("Mirrored rows that retention deleted, by table.")
    case .retentionDeleted: counter("Rows of courses that were older than their course keeps them.")
    case .firestoreSessions: counter("Completed sessions found in Firestore, by outcome.")
    case .firestoreWrites: counter("Outcomes told to documents of Firestore, by outcome.")
    case .firestoreFailing:
      gauge("1 while completed sessions cannot be read, or documents not be told, by operation.")
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
