/// How far the class is in a notebook.
public struct ClassPace: Sendable, Equatable {
  /// Solved cells, the median of the learners who ran a cell of the notebook.
  public let medianSolved: Double
  /// The cells that enough learners have run to belong to the notebook, not to one learner.
  public let requiredCells: Int

  public init(medianSolved: Double, requiredCells: Int) {
    self.medianSolved = medianSolved
    self.requiredCells = requiredCells
  }
}
