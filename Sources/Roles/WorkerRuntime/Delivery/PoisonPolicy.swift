import EventBus

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

/// What one lane takes on at a time.
struct LaneWork: Sendable {
  /// Written together.
  var batch: [JournalEntry] = []
  /// Each written alone afterwards, with how often it was delivered.
  var suspects: [ClaimedEntry] = []
  /// Not written again.
  var poison: [ClaimedEntry] = []

  init(batch: [JournalEntry]) {
    self.batch = batch
  }

  init(claimed: [ClaimedEntry], policy: PoisonPolicy) {
    for claim in claimed {
      switch policy.verdict(deliveries: claim.deliveries) {
      case .writeWithOthers: batch.append(claim.entry)
      case .writeAlone: suspects.append(claim)
      case .deadLetter: poison.append(claim)
      }
    }
  }

  var isEmpty: Bool { batch.isEmpty && suspects.isEmpty && poison.isEmpty }
}
