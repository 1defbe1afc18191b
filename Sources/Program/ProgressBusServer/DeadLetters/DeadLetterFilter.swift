import EventBus

/// Which dead letters are meant.
public struct DeadLetterFilter: Sendable {
  public var sink: String?
  /// A part of the reason, in any case of letters.
  public var reason: String?

  public init(sink: String? = nil, reason: String? = nil) {
    self.sink = sink
    self.reason = reason
  }

  func matches(_ letter: DeadLetterSummary) -> Bool {
    if let sink, letter.sink != sink { return false }
    guard let reason else { return true }
    return letter.reason.lowercased().contains(reason.lowercased())
  }
}
