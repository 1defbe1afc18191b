internal import SeededRandom

/// Who a learner is: what stays the same from lesson to lesson.
struct LearnerProfile: Sendable {
  let identifier: String
  let name: String
  let team: String
  /// What the learner takes for a task, times what is typical.
  let pace: Double
  /// How likely mistakes are, times what is typical.
  let carelessness: Double
  /// The probability of asking for help after a further error in a row.
  let openness: Double

  init(number: Int, generator: inout SeededGenerator) {
    let place = number + 1
    identifier = "demo-\(place < 10 ? "0" : "")\(place)"
    name = LearnerNames.name(number)
    team = "Team \(["A", "B", "C", "D", "E", "F"][number % 6])"
    pace = min(max(generator.logNormalFactor(spread: 0.38), 0.5), 2.6)
    carelessness = generator.number(in: 0.5...1.4)
    openness = generator.number(in: 0.1...0.6)
  }
}
