import BigQueryMirror
import EventBus
public import Events

/// What a list of dead letters shows: nothing of what they hold, which may be personal data.
public struct DeadLetterEntry: Sendable, Equatable {
  public let id: DeadLetterID
  public let deadLetteredAt: Timestamp
  /// `bigquery` for rows.
  public let sink: String
  /// The event's kind; empty for a message that is no event, and for rows.
  public let eventType: String
  /// The PostgreSQL table of a row; nil for events.
  public let sourceTable: String?
  public let attempts: Int
  public let reason: String

  init(_ letter: DeadLetterSummary) {
    id = .event(letter.id)
    deadLetteredAt = Timestamp(microseconds: Int64(letter.id.milliseconds) * 1_000)
    sink = letter.sink
    eventType = letter.eventType
    sourceTable = nil
    attempts = letter.attempts
    reason = letter.reason
  }

  init(_ failure: RowFailure) {
    id = .row(failure.id)
    deadLetteredAt = failure.createdAt
    sink = DeadLetter.bigQueryName
    eventType = ""
    sourceTable = failure.sourceTable
    attempts = failure.attempts
    reason = failure.reason
  }
}

/// A dead letter whole. **Holds personal data: never log it.**
public struct DeadLetterContent: Sendable, Equatable {
  public let entry: DeadLetterEntry
  /// The reason in the sink's own words.
  public let fullReason: String
  /// The primary key of a row's source; nil for events.
  public let sourceKey: String?
  /// The event, the message, or the row as a JSON object; nil when the source row is gone.
  public let payload: String?
}

extension DeadLetter {
  /// The `sink` of rows that BigQuery refused. They stay in PostgreSQL, and never come to the bus.
  static let bigQueryName = "bigquery"
}
