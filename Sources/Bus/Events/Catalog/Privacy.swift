/// What a field says about a person. Logs, time series and the warehouse go by it.
///
/// Some tables of the warehouse name learners in the open because those who use them ask for it: each
/// says which by its `WarehouseTable.identifiers`, and an operator can have pseudonyms in any of them.
public enum Privacy: Sendable, Equatable {
  /// Nothing about a person.
  case open
  /// The learner. Never logged above debug, a pseudonym in every warehouse table that knows learners by
  /// pseudonym; erasing and exporting a learner goes by it.
  case identifier
  /// Tells of a learner without being one, such as an id that is made of the learner's: treated as `identifier`,
  /// but a row is not a learner's for it.
  case derivedIdentifier
  /// A name, an address, words that a learner wrote, or what a camera saw of somebody: never logged,
  /// never sent to the time series, nor to a warehouse table that knows learners by pseudonym.
  case personal
  /// A learner's work (code, its result): dropped at the edge unless the operator keeps it, and
  /// otherwise treated as `personal`.
  case work

  /// Whether a warehouse table that knows learners by pseudonym has a pseudonym in the column.
  public var isIdentifier: Bool { self == .identifier || self == .derivedIdentifier }

  /// Whether a warehouse table that knows learners by pseudonym leaves the column out.
  public var isLeftOutBesidePseudonyms: Bool { self == .personal || self == .work }

  /// Whether `ValueNormalizer` writes the field into the event that everybody behind the ingest gets. A
  /// learner's code ends here unless the operator keeps it.
  func passesIngest(keepingWork keepsWork: Bool) -> Bool {
    self != .work || keepsWork
  }
}
