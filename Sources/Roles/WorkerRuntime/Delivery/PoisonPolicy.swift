import EventBus

/// What to do with an entry whose writers keep dying, by how many writes of it were begun.
///
/// Up to `aloneAfter` that means little: others were in the same writes, and any of them may be the one.
/// Beyond it each write held this entry alone, so an entry is condemned only for what happened to itself.
public struct PoisonPolicy: Sendable, Equatable {
  enum Verdict: Equatable, Sendable {
    case writeWithOthers
    case writeAlone
    case deadLetter
  }

  /// After so many writes an entry is written alone, so that it takes no other with it.
  public let aloneAfter: Int
  /// After so many writes an entry goes to the dead letters; more than `aloneAfter`.
  public let deadLetterAfter: Int

  public init(aloneAfter: Int = 10, deadLetterAfter: Int = 20) {
    self.aloneAfter = aloneAfter
    self.deadLetterAfter = deadLetterAfter
  }

  func verdict(attempts: Int) -> Verdict {
    if attempts >= deadLetterAfter { return .deadLetter }
    return attempts >= aloneAfter ? .writeAlone : .writeWithOthers
  }
}
