/// One kind of event, declared once: a Swift file that makes this value and an SQL file with the
/// function that stores it are all that a new kind needs.
public struct EventKind: Sendable, Equatable {
  /// The value of `event_type`.
  public let eventType: String
  /// One sentence for the published schema.
  public let summary: String
  /// The envelope's fields, then the kind's own.
  public let fields: [Field]
  /// The SQL function that stores a batch of these events, given as one JSON array. Kinds that share
  /// a function are stored together.
  public let storedBy: String
  /// The measurement of its points; nil when the kind has none.
  public let measurement: String?

  public init(
    _ eventType: String, storedBy: String, measurement: String? = nil, fields: [Field],
    _ summary: String
  ) {
    self.eventType = eventType
    self.summary = summary
    self.fields = Envelope.fields + fields
    self.storedBy = storedBy
    self.measurement = measurement
  }
}
