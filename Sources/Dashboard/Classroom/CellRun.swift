/// How far one learner is with one cell.
struct CellRun: Equatable {
  /// The learner's place among all of the course.
  let learner: Int
  let letter: CellLetter

  /// Reads a letter and a number, again and again: `s0e12x7`.
  static func list(_ text: some Sequence<UInt8>) -> [CellRun] {
    var runs: [CellRun] = []
    var letter: CellLetter?
    var number = 0
    for byte in text {
      if let next = CellLetter(rawValue: byte) {
        if let letter { runs.append(CellRun(learner: number, letter: letter)) }
        (letter, number) = (next, 0)
      } else {
        number = number * 10 + Int(byte &- 0x30)
      }
    }
    if let letter { runs.append(CellRun(learner: number, letter: letter)) }
    return runs
  }
}
