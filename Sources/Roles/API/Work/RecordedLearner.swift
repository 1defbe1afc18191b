import Events

/// A learner's part of a notebook's record.
struct RecordedLearner: Sendable {
  let id: String
  /// What the database had counted in the whole course when this was read: with every execution that is
  /// stored, it grows.
  var executions = 0
  /// No execution that was stored then occurred later.
  var lastExecutedAt: Timestamp?
  var work: [CellWork] = []
}
