/// A cell while learners' work on it is being counted.
struct CountedCell {
  var cell: NotebookCell
  private var indexes = 0
  private var indexed = 0

  init(_ recorded: RecordedCell) {
    cell = NotebookCell(
      id: recorded.id, index: nil, firstRunAt: recorded.firstRunAt, statistics: recorded.statistics)
  }

  mutating func count(_ work: CellWork) {
    cell.reached += 1
    if work.letter.isSolved { cell.solved += 1 }
    if work.letter.isFailing { cell.failing += 1 }
    guard let index = work.index else { return }
    indexes += Int(index)
    indexed += 1
    cell.index = Int((Double(indexes) / Double(indexed)).rounded(.toNearestOrEven))
  }
}
