/// One kind of event, declared once: a Swift file that makes this value, its name in
/// `EventCatalog.standard`, and a file in `sql` with its table and the function that stores it are all that a
/// new kind needs; for BigQuery also a table in `WarehouseCatalog`.
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
  /// Whether the server alone makes such events, from requests of its API: senders of events may not.
  public let isPublishedByServer: Bool

  public init(
    _ eventType: String, storedBy: String, measurement: String? = nil,
    publishedByServer isPublishedByServer: Bool = false, fields: [Field], _ summary: String
  ) {
    self.eventType = eventType
    self.summary = summary
    self.fields = Envelope.fields + fields
    self.storedBy = storedBy
    self.measurement = measurement
    self.isPublishedByServer = isPublishedByServer
  }
}

/// All the kinds of event that a deployment knows.
public struct EventCatalog: Sendable {
  public let kinds: [EventKind]
  private let indices: [String: Int]

  /// - Precondition: no two kinds share an `event_type`.
  public init(_ kinds: [EventKind]) {
    self.kinds = kinds
    self.indices = Dictionary(
      uniqueKeysWithValues: kinds.enumerated().map { ($1.eventType, $0) })
  }

  public static let standard = EventCatalog(
    NotebookEvents.kinds + TrainingEvents.kinds + DialogueEvents.kinds + CoachMetricEvents.kinds
      + CameraEvents.kinds + ExerciseEvents.kinds + MessageEvents.kinds)

  /// The kinds that senders may send.
  public var sentByClients: EventCatalog { EventCatalog(kinds.filter { !$0.isPublishedByServer }) }

  /// The place in `kinds` of the kind with this `event_type`.
  public func index(of eventType: String) -> Int? { indices[eventType] }

  public subscript(_ eventType: String) -> EventKind? {
    indices[eventType].map { kinds[$0] }
  }
}
