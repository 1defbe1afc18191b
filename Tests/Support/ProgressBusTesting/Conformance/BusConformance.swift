public import Testing

/// What every form of the bus promises. A test runs each case on a fresh bus.
public enum BusConformance: String, CaseIterable, Sendable, CustomTestStringConvertible {
  // The journal.
  case keepsOrderAndBytes
  case readsNoMoreThanWasAskedFor
  case deliversToEveryGroupOnce
  case waitsForTheFirstEntry
  case readersDoNotWaitForOneAnother
  case returnsSoonAfterCancellation
  case saysWhenTheGroupIsGone
  case handsOverWhatADeadConsumerLeft
  case leavesBusyEntriesAlone
  case reportsItsState
  case trimsBeforeAPosition
  case refusesWhatDoesNotFit
  // The channel.
  case relaysWhatIsPublished
  case tellsWhatWasPublishedByHand
  case adoptsEachMessageOnce
  case rejectsOnce
  // Dead letters.
  case keepsDeadLetters
  case tellsEventIDsOfDeadLetters
  case replaysForOneSink
  case movesWhatIsRefusedOnce
  case keepsInTheJournalWhatFindsNoRoom

  public var testDescription: String { rawValue }

  /// How many entries the journal of the bus under test must hold, no more and no less.
  public static let journalCapacity = 2_000
  /// The same of the dead letters.
  public static let deadLetterCapacity = 700

  public func check(_ bus: BusUnderTest) async throws {
    switch self {
    case .keepsOrderAndBytes: try await bus.checkOrderAndBytes()
    case .readsNoMoreThanWasAskedFor: try await bus.checkByteLimits()
    case .deliversToEveryGroupOnce: try await bus.checkGroups()
    case .waitsForTheFirstEntry: try await bus.checkWait()
    case .readersDoNotWaitForOneAnother: try await bus.checkConcurrentReaders()
    case .returnsSoonAfterCancellation: try await bus.checkCancellation()
    case .saysWhenTheGroupIsGone: try await bus.checkMissingGroup()
    case .handsOverWhatADeadConsumerLeft: try await bus.checkClaim()
    case .leavesBusyEntriesAlone: try await bus.checkTouch()
    case .reportsItsState: try await bus.checkState()
    case .trimsBeforeAPosition: try await bus.checkTrim()
    case .refusesWhatDoesNotFit: try await bus.checkCapacity()
    case .relaysWhatIsPublished: try await bus.checkRelay()
    case .tellsWhatWasPublishedByHand: try await bus.checkHandPublished()
    case .adoptsEachMessageOnce: try await bus.checkAdoption()
    case .rejectsOnce: try await bus.checkRejection()
    case .keepsDeadLetters: try await bus.checkDeadLetters()
    case .tellsEventIDsOfDeadLetters: try await bus.checkEventIDsOfDeadLetters()
    case .replaysForOneSink: try await bus.checkReplay()
    case .movesWhatIsRefusedOnce: try await bus.checkRefusal()
    case .keepsInTheJournalWhatFindsNoRoom: try await bus.checkFullDeadLetters()
    }
  }
}
