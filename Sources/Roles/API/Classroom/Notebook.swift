import Events
import JSONText

/// A notebook of a course.
struct Notebook: Sendable {
  private(set) var path: String
  let firstSeenAt: Timestamp
  /// Learners whose last run was in it.
  var currentLearners = 0
  /// Those of them that were heard of lately.
  private var activeLearners = 0
  private var lastRunAt: Timestamp?

  private static let activeSeconds = 15.0 * 60

  init(path: String, firstSeenAt: Timestamp) {
    self.path = path
    self.firstSeenAt = firstSeenAt
  }

  func renamed(_ path: String) -> Notebook {
    var notebook = self
    notebook.path = path
    return notebook
  }

  var key: ExactText { ExactText(path) }

  /// The one that the class works on first: where most learners heard of in the last 15 minutes are, else
  /// the one that ran last.
  static func ordered(
    _ notebooks: [Notebook], by learners: [Learner], at moment: Timestamp
  ) -> [Notebook] {
    var notebooks = notebooks
    var places: [ExactText: Int] = [:]
    for (place, notebook) in notebooks.enumerated() { places[notebook.key] = place }
    for learner in learners {
      guard let path = learner.currentNotebook, let place = places[ExactText(path)] else {
        continue
      }
      notebooks[place].currentLearners += 1
      if moment.seconds(since: learner.lastSeenAt) < activeSeconds {
        notebooks[place].activeLearners += 1
      }
      notebooks[place].lastRunAt = [notebooks[place].lastRunAt, learner.lastExecutedAt]
        .compactMap(\.self).max()
    }
    return notebooks.sorted(by: precedes)
  }

  private static func precedes(_ left: Notebook, _ right: Notebook) -> Bool {
    if left.activeLearners != right.activeLearners {
      return left.activeLearners > right.activeLearners
    }
    if left.lastRunAt != right.lastRunAt {
      guard let rightRun = right.lastRunAt else { return true }
      return left.lastRunAt.map { $0 > rightRun } ?? false
    }
    if left.firstSeenAt != right.firstSeenAt { return left.firstSeenAt > right.firstSeenAt }
    return left.path.precedes(right.path)
  }
}

/// A cell of a notebook, over the class.
struct NotebookCell: Sendable {
  let id: String
  /// The average over learners, rounded.
  var index: Int?
  let firstRunAt: Timestamp
  let statistics: CellStatistics
  /// Learners who ran it.
  var reached = 0
  /// Learners who ran it without error or, where it was checked, passed the check.
  var solved = 0
  /// Learners whose last run or last check of it failed.
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
