public import EventBus
public import Events

/// Names a dead letter among all sinks: `1700000000000-0` is an event, `bigquery-17` a row.
public enum DeadLetterID: Sendable, Hashable, LosslessStringConvertible {
  /// An event or hand-published message, by its place in the store of the bus.
  case event(StreamID)
  /// A row that BigQuery refused, by its number in `bq_sync_failures`.
  case row(Int64)

  private static let rowPrefix = "\(DeadLetter.bigQueryName)-"

  public init?(_ description: String) {
    if description.hasPrefix(Self.rowPrefix) {
      let digits = description.dropFirst(Self.rowPrefix.count)
      guard digits.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains),
        let number = Int64(digits)
      else { return nil }
      self = .row(number)
    } else {
      guard let id = StreamID(description), id.partition == 0 else { return nil }
      self = .event(id)
    }
  }

  /// The sink that the dead letter is of, where the id tells: `bigquery` for rows, nil for events. Where
  /// an event was refused stands in the dead letter itself.
  public var sink: String? {
    switch self {
    case .event: nil
    case .row: DeadLetter.bigQueryName
    }
  }

  public var description: String {
    switch self {
    case .event(let id): "\(id)"
    case .row(let number): "\(Self.rowPrefix)\(number)"
    }
  }
}

/// What a list of dead letters shows: nothing of what they hold, which may be personal data.
public struct DeadLetterEntry: Sendable, Equatable {
  public let id: DeadLetterID
  public let deadLetteredAt: Timestamp
  /// `bigquery` for rows.
  public let sink: String
  /// The event's kind; empty for a message that is no event, and for rows.
  public let eventType: String
  /// The event's id, by which whoever sent it can be answered. Nil for a message that tells none, and for rows
  /// that are not one event each.
  public let eventID: EventID?
  /// The PostgreSQL table of a row; nil for events.
  public let sourceTable: String?
  public let attempts: Int
  public let reason: String

  init(_ summary: DeadLetterSummary) {
    id = .event(summary.id)
    deadLetteredAt = Timestamp(microseconds: Int64(summary.id.milliseconds) * 1_000)
    sink = summary.sink
    eventType = summary.eventType
    eventID = summary.eventID
    sourceTable = nil
    attempts = summary.attempts
    reason = summary.reason
  }

  init(_ row: RefusedRow) {
    id = .row(row.number)
    deadLetteredAt = row.refusedAt
    sink = DeadLetter.bigQueryName
    eventType = ""
    eventID = row.eventID
    sourceTable = row.sourceTable
    attempts = row.attempts
    reason = row.reason
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

/// Which dead letters are meant.
public struct DeadLetterFilter: Sendable {
  public var sink: String?
  /// A part of the reason, in any case of letters.
  public var reason: String?

  public init(sink: String? = nil, reason: String? = nil) {
    self.sink = sink
    self.reason = reason
  }

  func matches(_ summary: DeadLetterSummary) -> Bool {
    if let sink, summary.sink != sink { return false }
    guard let reason else { return true }
    return summary.reason.lowercased().contains(reason.lowercased())
  }
}

extension DeadLetter {
  /// The `sink` of rows that BigQuery refused. They stay in PostgreSQL, and never come to the bus.
  public static let bigQueryName = "bigquery"
}
