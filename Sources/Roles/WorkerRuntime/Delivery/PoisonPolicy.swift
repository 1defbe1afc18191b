/// What to do with an entry whose readers keep dying.
public struct PoisonPolicy: Sendable, Equatable {
  enum Verdict: Equatable, Sendable {
    case writeWithOthers
    case writeAlone
    case deadLetter
  }

  /// An entry delivered more often than this is written alone, so that it takes no other with it.
  public let aloneAfter: Int
  /// An entry delivered more often than this goes to the dead letters.
  public let deadLetterAfter: Int

  public init(aloneAfter: Int = 10, deadLetterAfter: Int = 20) {
    self.aloneAfter = aloneAfter
    self.deadLetterAfter = deadLetterAfter
  }

  func verdict(deliveries: Int) -> Verdict {
    if deliveries > deadLetterAfter { return .deadLetter }
    return deliveries > aloneAfter ? .writeAlone : .writeWithOthers
  }
}
