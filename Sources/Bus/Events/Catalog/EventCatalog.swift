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
      + CameraEvents.kinds)

  /// The place in `kinds` of the kind with this `event_type`.
  public func index(of eventType: String) -> Int? { indices[eventType] }

  public subscript(_ eventType: String) -> EventKind? {
    indices[eventType].map { kinds[$0] }
  }
}
