internal import Foundation

/// SplitMix64 (https://prng.di.unimi.it/splitmix64.c): the same numbers for the same seed, so that a
/// simulated class can be shown again and a failed test repeated.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

// Draws.
extension SeededGenerator {
  public mutating func isTrue(probability: Double) -> Bool {
    Double.random(in: 0..<1, using: &self) < probability
  }

  /// Any number of the range, each as likely as another.
  public mutating func number(in range: ClosedRange<Double>) -> Double {
    Double.random(in: range, using: &self)
  }

  /// A factor around 1: the times that people take for the same task are log-normally distributed.
  public mutating func logNormalFactor(spread: Double) -> Double {
    // Box and Muller; 1 - u is never 0.
    let radius = sqrt(-2 * log(1 - Double.random(in: 0..<1, using: &self)))
    return exp(spread * radius * cos(2 * .pi * Double.random(in: 0..<1, using: &self)))
  }

  /// How many failures come before the first success, when each try fails with `probability`.
  public mutating func failures(probability: Double, most: Int) -> Int {
    var count = 0
    while count < most, isTrue(probability: probability) { count += 1 }
    return count
  }
}
