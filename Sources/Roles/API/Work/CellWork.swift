/// What one learner did with one cell, as of a moment.
struct CellWork: Sendable, Equatable {
  /// The cell's place among the record's.
  let cell: Int32
  let letter: CellLetter
  let consecutiveErrors: Int32
  let index: Int32?
  /// The number of the last error's name, among the record's.
  let error: Int32?
  /// Of the last run.
  let milliseconds: Double?
}
