import Events
import PostgresDriver

/// What is new of a learner's work on a cell.
struct CellSum {
  /// The newest run, which also names learner, course, notebook and cell.
  private let last: ArrivedRow
  private let cell: Range<Int>
  private let firstExecuted: Timestamp
  private var executions: Int32 = 0
  private var errors: Int32 = 0
  private var consecutiveErrors: Int32 = 0
  private var firstSuccess: Timestamp?
  private var lastSuccess: Timestamp?
  private var lastError: Timestamp?
  private var errorName = NewestText()
  private var errorMessage = NewestText()
  private var totalDuration = 0.0

  /// The places of a learner's rows in a course, those of a notebook together, in it those of a cell, in it by time.
  static func sorted(
    _ rows: [ArrivedRow], _ places: Range<Int>, in buffer: UnsafeRawBufferPointer
  ) -> [Int] {
    places.sorted { left, right in
      let notebooks = buffer.compare(rows[left].notebook, rows[right].notebook)
      if notebooks != 0 { return notebooks < 0 }
      switch (executedCell(rows[left]), executedCell(rows[right])) {
      case (let first?, let second?):
        let cells = buffer.compare(first, second)
        return cells != 0 ? cells < 0 : left < right
      case (nil, nil): return left < right
      case (nil, _): return true
      case (_, nil): return false
      }
    }
  }

  private static func executedCell(_ row: ArrivedRow) -> Range<Int>? {
    row.kind == .cellExecuted ? row.cell : nil
  }

  /// Sums up a learner's rows in a course. Returns false when only the database can tell which error stays.
  ///
  /// - Parameter places: as `sorted` returns them.
  static func append(
    _ rows: [ArrivedRow], _ places: [Int], in buffer: UnsafeRawBufferPointer,
    to sums: inout [CellSum]
  ) -> Bool {
    var start = 0
    while start < places.count {
      let first = rows[places[start]]
      var end = start + 1
      guard let cell = executedCell(first) else {
        start = end
        continue
      }
      while end < places.count, let other = executedCell(rows[places[end]]),
        buffer.compare(cell, other) == 0,
        buffer.compare(first.notebook, rows[places[end]].notebook) == 0
      {
        end += 1
      }
      let sum = CellSum(rows, places[start..<end], cell, in: buffer)
      if sum.errorName.isAmbiguous || sum.errorMessage.isAmbiguous { return false }
      sums.append(sum)
      start = end
    }
    return true
  }

  private init(
    _ rows: [ArrivedRow], _ runs: ArraySlice<Int>, _ cell: Range<Int>,
    in buffer: UnsafeRawBufferPointer
  ) {
    last = rows[runs[runs.endIndex - 1]]
    self.cell = cell
    firstExecuted = rows[runs[runs.startIndex]].moment
    for place in runs {
      let run = rows[place]
      executions += 1
      if run.duration >= 0 { totalDuration += run.duration }
      guard run.hasError else {
        if firstSuccess == nil { firstSuccess = run.moment }
        lastSuccess = run.moment
        continue
      }
      errors += 1
      lastError = run.moment
    }
    for place in runs where rows[place].hasError {
      let run = rows[place]
      if lastSuccess.map({ run.moment > $0 }) ?? true { consecutiveErrors += 1 }
      guard run.moment == lastError else { continue }
      if let name = run.errorName { errorName.take(name, at: run.moment, in: buffer) }
      if let message = run.errorMessage { errorMessage.take(message, at: run.moment, in: buffer) }
    }
  }

  /// For `add_cell_progress`.
  static func arrays(_ cells: [CellSum], in buffer: UnsafeRawBufferPointer) -> [BinaryArray] {
    [
      BinaryArray(of: .text, from: cells) { $0.append($1.last.student, in: buffer) },
      BinaryArray(of: .text, from: cells) { $0.append($1.last.course, in: buffer) },
      BinaryArray(of: .text, from: cells) { $0.append($1.last.notebook, in: buffer) },
      BinaryArray(of: .text, from: cells) { $0.append($1.cell, in: buffer) },
      BinaryArray(of: .integer, from: cells) { $0.append(present($1.last.cellIndex)) },
      BinaryArray(of: .integer, from: cells) { $0.append($1.executions) },
      BinaryArray(of: .integer, from: cells) { $0.append($1.errors) },
      BinaryArray(of: .integer, from: cells) { $0.append($1.consecutiveErrors) },
      BinaryArray(of: .timestamp, from: cells) { $0.append($1.firstExecuted) },
      BinaryArray(of: .timestamp, from: cells) { $0.append($1.last.moment) },
      BinaryArray(of: .timestamp, from: cells) { $0.append($1.firstSuccess) },
      BinaryArray(of: .timestamp, from: cells) { $0.append($1.lastSuccess) },
      BinaryArray(of: .timestamp, from: cells) { $0.append($1.lastError) },
      BinaryArray(of: .text, from: cells) { $0.append($1.errorName.text, in: buffer) },
      BinaryArray(of: .text, from: cells) { $0.append($1.errorMessage.text, in: buffer) },
      BinaryArray(of: .integer, from: cells) { $0.append(present($1.last.executionCount)) },
      BinaryArray(of: .double, from: cells) { $0.append(present($1.last.duration)) },
      BinaryArray(of: .double, from: cells) { $0.append($1.totalDuration) },
    ]
  }

  private static func present<Number: Comparable & SignedNumeric>(_ number: Number) -> Number? {
    number < 0 ? nil : number
  }
}
