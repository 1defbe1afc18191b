import Events
import JSONText

/// Who did what with which cell of a notebook, as of one moment of the database: its `cell_progress`,
/// kept so that the next answer needs to read only what changed. No I/O.
struct NotebookRecord: Sendable {
  private(set) var cells: [RecordedCell] = []
  private(set) var learners: [RecordedLearner] = []
  /// How many rows of `cell_progress` it holds.
  private(set) var size = 0
  private var cellPlaces: [ExactText: Int32] = [:]
  private var latestCell: Int32 = -1
  private var learnerPlaces: [ExactText: Int] = [:]
  private var errorNames: [String] = []
  private var errorNumbers: [ExactText: Int32] = [:]

  /// The learner's part; nil when nothing was recorded.
  func learner(_ id: String) -> RecordedLearner? {
    learnerPlaces[ExactText(id)].map { learners[$0] }
  }

  /// The cell's place among `cells`; nil when nobody ran it.
  func place(of cell: String) -> Int32? { cellPlaces[ExactText(cell)] }

  func work(of learner: RecordedLearner, on cell: String) -> CellWork? {
    guard let place = place(of: cell) else { return nil }
    return learner.work.first { $0.cell == place }
  }

  func errorName(_ work: CellWork) -> String? {
    work.error.map { errorNames[Int($0)] }
  }

  /// Puts a row in the place of what was recorded of it.
  ///
  /// - Parameter isNew: whether nothing was recorded of it, so that there is nothing to look for.
  mutating func record(_ row: WorkRow, isNew: Bool = false) {
    let cell = place(ofCell: row)
    let learner = place(ofLearner: row.learner)
    let work = CellWork(
      cell: cell, state: row.state, consecutiveErrors: row.consecutiveErrors, index: row.index,
      error: row.errorName.map { number(ofError: $0) }, milliseconds: row.milliseconds)
    if !isNew, let known = learners[learner].work.firstIndex(where: { $0.cell == cell }) {
      learners[learner].work[known] = work
    } else {
      learners[learner].work.append(work)
      size += 1
    }
    cells[Int(cell)].firstRunAt = min(cells[Int(cell)].firstRunAt, row.firstRunAt)
    cells[Int(cell)].isStale = true
  }

  /// Notes up to where the learner is recorded.
  mutating func note(executions: Int, lastExecutedAt: Timestamp?, of learner: String) {
    let place = place(ofLearner: learner)
    learners[place].executions = executions
    learners[place].lastExecutedAt = lastExecutedAt
  }

  /// Forgets what a learner did, to be recorded anew.
  mutating func clear(_ learner: String) {
    let place = place(ofLearner: learner)
    size -= learners[place].work.count
    for work in learners[place].work { cells[Int(work.cell)].isStale = true }
    learners[place].work = []
  }

  /// Tells the statistics of the cells that changed.
  mutating func updateStatistics() {
    guard cells.contains(where: \.isStale) else { return }
    var accumulators = [CellStatisticsAccumulator](
      repeating: CellStatisticsAccumulator(), count: cells.count)
    for learner in learners {
      for work in learner.work where cells[Int(work.cell)].isStale {
        accumulators[Int(work.cell)].add(work)
      }
    }
    for place in cells.indices where cells[place].isStale {
      cells[place].statistics = accumulators[place].statistics(errorNames: errorNames)
      cells[place].isStale = false
    }
  }

  private mutating func place(ofCell row: WorkRow) -> Int32 {
    // Rows come cell by cell.
    if cells.indices.contains(Int(latestCell)), cells[Int(latestCell)].id.isSame(row.cell) {
      return latestCell
    }
    let id = ExactText(row.cell)
    if let place = cellPlaces[id] {
      latestCell = place
      return place
    }
    latestCell = Int32(cells.count)
    cells.append(RecordedCell(id: row.cell, firstRunAt: row.firstRunAt))
    cellPlaces[id] = latestCell
    return latestCell
  }

  private mutating func place(ofLearner id: String) -> Int {
    let key = ExactText(id)
    if let place = learnerPlaces[key] { return place }
    learners.append(RecordedLearner(id: id))
    learnerPlaces[key] = learners.count - 1
    return learners.count - 1
  }

  private mutating func number(ofError name: String) -> Int32 {
    let key = ExactText(name)
    if let number = errorNumbers[key] { return number }
    let number = Int32(errorNames.count)
    errorNames.append(name)
    errorNumbers[key] = number
    return number
  }
}

/// A cell of a notebook's record.
struct RecordedCell: Sendable {
  let id: String
  var firstRunAt: Timestamp
  var statistics = CellStatistics()
  /// Whether learners' work on it changed since the statistics were told.
  var isStale = true
}

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

/// What one learner did with one cell, as of a moment.
struct CellWork: Sendable, Equatable {
  /// The cell's place among the record's.
  let cell: Int32
  let state: CellState
  let consecutiveErrors: Int32
  let index: Int32?
  /// The number of the last error's name, among the record's.
  let error: Int32?
  /// Of the last run.
  let milliseconds: Double?
}
