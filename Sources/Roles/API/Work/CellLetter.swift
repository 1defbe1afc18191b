/// How far a learner is with a cell, as a letter of `cell_states`.
enum CellLetter: UInt8 {
  case notRun = 0x2E  // .
  /// Run, but never without error.
  case failed = 0x65  // e
  case solved = 0x73  // s
  /// Solved earlier, but the last run failed.
  case failedAgain = 0x78  // x

  var isSolved: Bool { self == .solved || self == .failedAgain }
  var isFailing: Bool { self == .failed || self == .failedAgain }
}
