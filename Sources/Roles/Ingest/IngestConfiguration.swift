public import Events

/// What the ingest endpoint takes at most, and from whom.
public struct IngestConfiguration: Sendable {
  /// Bytes of a request's body, unpacked.
  public var bodyBytes: Int
  /// Events in one request.
  public var eventsPerRequest: Int
  public var eventLimits: EventLimits
  /// Whether code and results of cells are kept. Off by default: learners' work is private.
  public var keepsWork: Bool
  /// The origins whose pages may send events; `*` stands for all. Requests carry no cookies, so a
  /// page gains nothing by it but the right to send.
  public var allowedOrigins: [String]

  public init(
    bodyBytes: Int = 1024 * 1024, eventsPerRequest: Int = 1000,
    eventLimits: EventLimits = EventLimits(),
    keepsWork: Bool = false, allowedOrigins: [String] = ["*"]
  ) {
    self.bodyBytes = bodyBytes
    self.eventsPerRequest = eventsPerRequest
    self.eventLimits = eventLimits
    self.keepsWork = keepsWork
    self.allowedOrigins = allowedOrigins
  }
}
