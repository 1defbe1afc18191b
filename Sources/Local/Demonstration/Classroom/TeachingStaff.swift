internal import SeededRandom

/// The teachers, who go to whoever asked first.
struct TeachingStaff: Sendable {
  /// Seconds since the class began, one for each teacher.
  private var freeAt: [Double]

  /// - Parameter learners: a teacher cares for twenty.
  init(learners: Int) {
    freeAt = Array(repeating: 0, count: (learners + 19) / 20)
  }

  /// Requests must come in the order of their time.
  ///
  /// - Returns: when the learner has been helped.
  mutating func help(requestedAt: Double, generator: inout SeededGenerator) -> Double {
    let teacher = freeAt.indices.min { freeAt[$0] < freeAt[$1] } ?? 0
    let arrival = max(requestedAt, freeAt[teacher]) + generator.number(in: 20...60)
    let departure = arrival + generator.number(in: 40...150)
    freeAt[teacher] = departure
    return departure
  }
}
