import Events

/// Puts a snapshot together from what the database told: who ran which cell, who is required to, and
/// who is in which state. No I/O.
struct ClassSnapshotBuilder {
  let rules: StateRules
  /// In the order of their identifiers; `cells` count in it.
  var learners: [Learner]
  private(set) var cells: [NotebookCell] = []
  private(set) var pace = ClassPace(medianSolved: 0, requiredCells: 0)

  /// - Parameter cells: with the letters of those who ran each, by the learner's place.
  init(
    rules: StateRules, learners: [Learner], cells: [(cell: NotebookCell, runs: [CellRun])]
  ) {
    self.rules = rules
    self.learners = learners
    let ordered = cells.sorted { $0.cell.place < $1.cell.place }
    for index in self.learners.indices {
      self.learners[index].letters = Array(repeating: .notRun, count: ordered.count)
    }
    for (position, entry) in ordered.enumerated() { add(entry.cell, entry.runs, at: position) }
    markRequired()
    let solved = self.learners.filter { $0.letters.contains { $0 != .notRun } }.map(\.solvedCells)
    pace = ClassPace(
      medianSolved: Self.median(solved), requiredCells: self.cells.count(where: \.isRequired))
  }

  /// Learners whose last event tells whether they are done.
  var candidatesForDone: [String] {
    guard pace.requiredCells > 0 else { return [] }
    return learners.filter { $0.remainingCells == 0 && $0.consecutiveErrors == 0 }.map(\.id)
  }

  /// Tells every learner's state at `now`.
  mutating func tellStates(closed: Set<String>, at now: Timestamp) -> [LearnerState: Int] {
    var counts: [LearnerState: Int] = [:]
    for index in learners.indices {
      learners[index].notebookClosed = closed.contains(learners[index].id)
      let (state, reason) = rules.state(of: learners[index].situation, pace: pace, at: now)
      learners[index].state = state
      learners[index].reason = reason
      counts[state, default: 0] += 1
    }
    return counts
  }

  private mutating func add(_ cell: NotebookCell, _ runs: [CellRun], at position: Int) {
    var cell = cell
    for run in runs where learners.indices.contains(run.learner) {
      learners[run.learner].letters[position] = run.letter
      cell.reached += 1
      if run.letter.isFailing { cell.failing += 1 }
      if run.letter.isSolved {
        cell.solved += 1
        learners[run.learner].solvedCells += 1
      }
    }
    cells.append(cell)
  }

  private mutating func markRequired() {
    let count = learners.count { $0.letters.contains { $0 != .notRun } }
    let threshold = max(1, (Double(count) * rules.requiredShare).rounded(.up))
    for position in cells.indices where Double(cells[position].reached) >= threshold {
      cells[position].isRequired = true
      for index in learners.indices where !learners[index].letters[position].isSolved {
        learners[index].remainingCells += 1
      }
    }
  }

  private static func median(_ values: [Int]) -> Double {
    guard !values.isEmpty else { return 0 }
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count.isMultiple(of: 2)
      ? Double(sorted[middle - 1] + sorted[middle]) / 2 : Double(sorted[middle])
  }
}
