public import CoreMetrics

/// Every metric of the product. No label ever holds a learner's or an event's id: each value of a
/// label is a time series that Prometheus keeps.
public enum ProgressBusMetric: String, CaseIterable, Sendable {
  case eventsReceived = "progressbus_events_received_total"
  case eventsAccepted = "progressbus_events_accepted_total"
  case eventsRejected = "progressbus_events_rejected_total"
  case eventsPublished = "progressbus_events_published_total"
  case requestSeconds = "progressbus_request_seconds"

  case sinkWritten = "progressbus_sink_written_total"
  case sinkRetries = "progressbus_sink_retries_total"
  case sinkRefused = "progressbus_sink_refused_batches_total"
  case sinkClaimed = "progressbus_sink_claimed_total"
  case sinkUp = "progressbus_sink_up"
  case sinkBatchEvents = "progressbus_sink_batch_events"
  case sinkWriteSeconds = "progressbus_sink_write_seconds"
  case endToEndSeconds = "progressbus_end_to_end_seconds"
  case deadLetters = "progressbus_dead_letters_total"

  case journalEntries = "progressbus_journal_entries"
  case journalCapacity = "progressbus_journal_capacity"
  case journalLag = "progressbus_journal_lag"
  case journalTrimmed = "progressbus_journal_trimmed_total"
  case busErrors = "progressbus_bus_errors_total"

  case adopted = "progressbus_adopted_total"
  case adoptionRejected = "progressbus_adoption_rejected_total"
  case adoptionDropped = "progressbus_adoption_dropped_total"

  case websocketSubscribers = "progressbus_websocket_subscribers"
  case websocketEventsSent = "progressbus_websocket_events_sent_total"
  case websocketGaps = "progressbus_websocket_gaps_total"
  case websocketSlowClosed = "progressbus_websocket_slow_closed_total"

  case bigQueryRows = "progressbus_bigquery_rows_total"
  case bigQueryCalls = "progressbus_bigquery_calls_total"
  case bigQueryPending = "progressbus_bigquery_pending"
  case bigQueryFailed = "progressbus_bigquery_failed"
  case bigQueryAlerts = "progressbus_bigquery_alerts_total"
  case bigQueryExpired = "progressbus_bigquery_expired_total"

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
