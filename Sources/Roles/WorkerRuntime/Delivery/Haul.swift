import EventBus

/// What one lane takes on at a time.
struct Haul: Sendable {
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
