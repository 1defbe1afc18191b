public import EventBus

/// Names a dead letter among all sinks: `1700000000000-0` is an event, `bigquery-17` a row.
public enum DeadLetterID: Sendable, Hashable, LosslessStringConvertible {
  /// An event or hand-published message, by its place in the store of the bus.
  case event(StreamID)
  /// A row that BigQuery refused, by its number in `bq_sync_failures`.
  case row(Int64)

  private static let rowPrefix = "bigquery-"

  public init?(_ description: String) {
    if description.hasPrefix(Self.rowPrefix) {
      let digits = description.dropFirst(Self.rowPrefix.count)
      guard digits.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains),
        let number = Int64(digits)
      else { return nil }
      self = .row(number)
    } else {
      guard let id = StreamID(description) else { return nil }
      self = .event(id)
    }
  }

  /// The sink that the letter is of, where the id tells: `bigquery` for rows, nil for events. Where an
  /// event was refused stands in the letter itself.
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
