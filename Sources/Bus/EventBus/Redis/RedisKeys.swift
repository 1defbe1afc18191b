/// The names that the bus uses in Redis. All begin with one prefix.
public struct RedisKeys: Sendable, Equatable {
  /// The channel that events are published on; also the prefix of all other names.
  public let channel: String
  /// The stream that is the journal.
  public let journal: String
  /// The stream of dead letters.
  public let deadLetters: String
  /// The channel of the marks that hand-published messages are counted from.
  public let marks: String
  /// The hash of what worker processes say of themselves.
  public let workers: String
  private let adoptedPrefix: String

  public init(prefix: String = "progress-events") {
    channel = prefix
    journal = "\(prefix):journal"
    deadLetters = "\(prefix):dead-letters"
    marks = "\(prefix):marks"
    workers = "\(prefix):workers"
    adoptedPrefix = "\(prefix):adopted:"
  }

  /// Holds the highest ordinal behind `mark` that some worker has adopted.
  func adopted(mark: String) -> String { adoptedPrefix + mark }
}
