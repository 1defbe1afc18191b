public import Sessions
public import Testing

/// What every store of sessions promises. A test runs each case on an empty store.
public enum SessionStoreConformance: String, CaseIterable, Sendable, CustomTestStringConvertible {
  case createsOnce
  case keepsEveryValue
  case sortsScopes
  case putsEventsInOrder
  case keepsTheOrderOfEqualTimes
  case appliesDeltas
  case storesAnEventOnce
  case leavesOutWhatIsNotStored
  case selectsEvents
  case saysWhatIsMissing
  case deletesWithEvents
  case keepsUsersApart
  case listsEveryKeyOnce
  case restoresWhole
  case bringsUpToDate
  case takesLateEvents
  case refusesWhatDoesNotFit

  public var testDescription: String { rawValue }

  /// - Parameters:
  ///   - store: empty.
  ///   - unfit: a key that the store cannot hold.
  public func check(_ store: any SessionStore, unfit: SessionKey) async throws {
    let subject = SessionStoreUnderTest(store: store, unfit: unfit)
    switch self {
    case .createsOnce: try await subject.checkCreate()
    case .keepsEveryValue: try await subject.checkValues()
    case .sortsScopes: try await subject.checkScopes()
    case .putsEventsInOrder: try await subject.checkOrder()
    case .keepsTheOrderOfEqualTimes: try await subject.checkEqualTimes()
    case .appliesDeltas: try await subject.checkDeltas()
    case .storesAnEventOnce: try await subject.checkRepeatedEvent()
    case .leavesOutWhatIsNotStored: try await subject.checkTemporary()
    case .selectsEvents: try await subject.checkSelections()
    case .saysWhatIsMissing: try await subject.checkMissing()
    case .deletesWithEvents: try await subject.checkDelete()
    case .keepsUsersApart: try await subject.checkUsers()
    case .listsEveryKeyOnce: try await subject.checkKeys()
    case .restoresWhole: try await subject.checkRestore()
    case .bringsUpToDate: try await subject.checkBring()
    case .takesLateEvents: try await subject.checkLate()
    case .refusesWhatDoesNotFit: try await subject.checkUnfit()
    }
  }
}

/// A promise that was not kept.
public struct SessionStoreFailure: Error, CustomStringConvertible {
  public let description: String
}
