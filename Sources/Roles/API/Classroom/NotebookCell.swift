import Events

/// A cell of a notebook, over the class.
struct NotebookCell: Sendable {
  let id: String
  /// The average over learners, rounded.
  var index: Int?
  let firstRunAt: Timestamp
  let statistics: CellStatistics
  /// Learners who ran it.
  var reached = 0
  /// Learners who ran it without error.
  var solved = 0
  /// Learners whose last run of it failed.
  var failing = 0
  /// Whether enough learners ran it to belong to the notebook.
  var isRequired = false

  /// What cells are sorted by, in the notebook's order.
  struct Place: Comparable {
    let index: Int
    let firstRunAt: Timestamp
    let id: String

    static func < (left: Place, right: Place) -> Bool {
      if left.index != right.index { return left.index < right.index }
      if left.firstRunAt != right.firstRunAt { return left.firstRunAt < right.firstRunAt }
      return left.id.precedes(right.id)
    }
  }

  /// Cells without an index come last.
  var place: Place { Place(index: index ?? Int.max, firstRunAt: firstRunAt, id: id) }
}
