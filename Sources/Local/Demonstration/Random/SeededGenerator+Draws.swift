internal import Foundation

extension SeededGenerator {
  mutating func isTrue(probability: Double) -> Bool {
    Double.random(in: 0..<1, using: &self) < probability
  }

  mutating func seconds(_ range: ClosedRange<Double>) -> Double {
    Double.random(in: range, using: &self)
  }

  /// A factor around 1: the times that people take for the same task are log-normally distributed.
  mutating func logNormalFactor(spread: Double) -> Double {
    // Box and Muller; 1 - u is never 0.
    let radius = sqrt(-2 * log(1 - Double.random(in: 0..<1, using: &self)))
    return exp(spread * radius * cos(2 * .pi * Double.random(in: 0..<1, using: &self)))
  }

  /// How many failures come before the first success, when each try fails with `probability`.
  mutating func failures(probability: Double, most: Int) -> Int {
    var count = 0
    while count < most, isTrue(probability: probability) { count += 1 }
    return count
  }
}
