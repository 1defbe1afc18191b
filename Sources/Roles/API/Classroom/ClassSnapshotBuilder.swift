import Events
import JSONText

/// Puts a snapshot together from what the database told: who did what with which cell, which cells are
/// required, and who is in which state. No I/O.
struct ClassSnapshotBuilder {
  /// The most cells whose states an answer holds.
  static let maximumCells = 1000

  let rules: LearnerStateRules
  /// In the order of their identifiers.
  private(set) var learners: [Learner]
  /// In the notebook's order.
  private(set) var cells: [NotebookCell] = []
  private(set) var pace = ClassPace(medianSolved: 0, requiredCells: 0)

  init(
    rules: LearnerStateRules, learners: [Learner], record: NotebookRecord,
    exercises: [ExerciseWork] = []
  ) {
    self.rules = rules
    self.learners = learners
    let checked = Self.checkedCells(exercises, in: record)
    let theirs = Dictionary(grouping: exercises) { ExactText($0.learner) }
    for index in self.learners.indices {
      guard let work = theirs[ExactText(self.learners[index].id)] else { continue }
      self.learners[index].setExercises(work)
    }
    var counted = record.cells.map(CountedCell.init)
    for learner in record.learners {
      let checks = checked[ExactText(learner.id)]
      for work in learner.work {
        counted[Int(work.cell)].count(work, in: Self.state(of: work, checks))
      }
    }
    let working = record.learners.filter { !$0.work.isEmpty }
    let threshold = max(1, (Double(working.count) * rules.requiredShare).rounded(.up))
    for place in counted.indices where Double(counted[place].cell.reached) >= threshold {
      counted[place].cell.isRequired = true
    }
    let order = counted.indices.filter { counted[$0].cell.reached > 0 }
      .sorted { counted[$0].cell.place < counted[$1].cell.place }
    var positions = [Int](repeating: .max, count: counted.count)
    for (position, place) in order.enumerated() { positions[place] = position }
    let requiredCells = order.count { counted[$0].cell.isRequired }
    let width = min(order.count, Self.maximumCells)
    var streaks = [Int](repeating: 0, count: width)
    var solvedCounts: [Int] = []
    for index in self.learners.indices {
      let work = record.learner(self.learners[index].id)?.work ?? []
      let checks = checked[ExactText(self.learners[index].id)]
      var cellStates = [CellState](repeating: .notRun, count: width)
      var solved = 0
      var solvedRequired = 0
      for item in work {
        let cell = Int(item.cell)
        let state = Self.state(of: item, checks)
        if state.isSolved {
          solved += 1
          if counted[cell].cell.isRequired { solvedRequired += 1 }
        }
        guard positions[cell] < width else { continue }
        cellStates[positions[cell]] = state
        streaks[positions[cell]] = Int(item.consecutiveErrors)
      }
      self.learners[index].failingStreaks = cellStates.indices.lazy
        .filter { cellStates[$0].isFailing }.map { streaks[$0] }
      self.learners[index].cellStates = cellStates
      self.learners[index].solvedCells = solved
      self.learners[index].remainingCells = requiredCells - solvedRequired
      if !work.isEmpty { solvedCounts.append(solved) }
    }
    cells = order.map { counted[$0].cell }
    pace = ClassPace(medianSolved: Self.median(solvedCounts), requiredCells: requiredCells)
  }

  /// Tells every learner's state at `now`.
  mutating func tellStates(at now: Timestamp) -> [LearnerState: Int] {
    var counts: [LearnerState: Int] = [:]
    for index in learners.indices {
      let (state, reason) = rules.state(of: learners[index].situation, pace: pace, at: now)
      learners[index].state = state
      learners[index].reason = reason
      counts[state, default: 0] += 1
    }
    return counts
  }

  /// What checks say of each learner's cells, by the cells' places in the record.
  private static func checkedCells(
    _ exercises: [ExerciseWork], in record: NotebookRecord
  ) -> [ExactText: [Int32: CheckedCell]] {
    var checked: [ExactText: [Int32: CheckedCell]] = [:]
    for work in exercises {
      guard let cell = work.cell, let place = record.place(of: cell) else { continue }
      checked[ExactText(work.learner), default: [:]][place, default: CheckedCell()].add(work)
    }
    return checked
  }

  private static func state(of work: CellWork, _ checks: [Int32: CheckedCell]?) -> CellState {
    guard let check = checks?[work.cell] else { return work.state }
    return check.state(failingRuns: work.consecutiveErrors)
  }

  private static func median(_ values: [Int]) -> Double {
    CellStatisticsAccumulator.percentile(0.5, of: values.sorted().map(Double.init)) ?? 0
  }
}

/// A cell while learners' work on it is being counted.
struct CountedCell {
  var cell: NotebookCell
  private var indexes = 0
  private var indexed = 0

  init(_ recorded: RecordedCell) {
    cell = NotebookCell(
      id: recorded.id, index: nil, firstRunAt: recorded.firstRunAt, statistics: recorded.statistics)
  }

  mutating func count(_ work: CellWork, in state: CellState) {
    cell.reached += 1
    if state.isSolved { cell.solved += 1 }
    if state.isFailing { cell.failing += 1 }
    guard let index = work.index else { return }
    indexes += Int(index)
    indexed += 1
    cell.index = Int((Double(indexes) / Double(indexed)).rounded(.toNearestOrEven))
  }
}
