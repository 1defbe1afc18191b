import EventBus

/// What one lane takes on at a time.
struct LaneWork: Sendable {
  /// Read for the first time, and written together.
  var batch: [JournalEntry] = []
  /// Taken over, and written together.
  var claimed: [ClaimedEntry] = []
  /// Taken over, and each written alone, the least suspicious first: those behind the one that kills its
  /// writer would not get their turn.
  var suspects: [ClaimedEntry] = []
  /// Not written again.
  var poison: [ClaimedEntry] = []

  init(batch: [JournalEntry]) {
    self.batch = batch
  }

  init(claimed: [ClaimedEntry], policy: PoisonPolicy) {
    for claim in claimed {
      switch policy.verdict(attempts: claim.attempts) {
      case .writeWithOthers: self.claimed.append(claim)
      case .writeAlone: suspects.append(claim)
      case .deadLetter: poison.append(claim)
      }
    }
    suspects.sort { ($0.attempts, $0.entry.id) < ($1.attempts, $1.entry.id) }
  }

  var ids: [StreamID] { batch.map(\.id) + (claimed + suspects + poison).map(\.entry.id) }
}
