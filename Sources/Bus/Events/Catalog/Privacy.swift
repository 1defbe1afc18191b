/// What a field says about a person. Logs, time series and the warehouse go by it.
public enum Privacy: Sendable, Equatable {
  /// Nothing about a person.
  case open
  /// Tells one learner from another: never logged above debug, a pseudonym in the warehouse.
  case identifier
  /// A name, an address, or words that a learner wrote: never logged, never sent to the time series,
  /// nor to a warehouse table that knows learners by pseudonym.
  case personal
  /// A learner's work (code, its result): dropped at the edge unless the operator keeps it, and
  /// otherwise treated as `personal`.
  case work
}
