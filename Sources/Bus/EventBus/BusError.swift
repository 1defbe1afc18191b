/// Why the bus did not do what it was asked.
public enum BusError: Error, Equatable, Sendable {
  /// The bus cannot do it in the state that it is in, and has not done it; try again. Beside the cause,
  /// what is known of it.
  case unavailable(BusFault, String)
  /// The bus broke off or did not answer in time; nobody knows whether it has done it.
  case unanswered(String)
  /// The bus has done it, and too few replicas of it have confirmed that: it may be lost with the primary.
  case unconfirmed(String)
  /// Some partitions of the journal have taken their events, and one has not: why. Beside the cause, what is known
  /// of it.
  case partly(BusFault, String)
  /// Entries that some group has not read fill the journal.
  case full
  /// The consumer group does not exist.
  case noGroup(String)
  /// The bus answered what it should never answer.
  case unexpected(String)

  /// The bus cannot be reached.
  public static func unavailable(_ reason: String) -> BusError {
    .unavailable(.unreachable, reason)
  }

  public var fault: BusFault {
    switch self {
    case .unavailable(let fault, _), .partly(let fault, _): fault
    case .unanswered: .unreachable
    case .unconfirmed: .unconfirmed
    case .full: .journalFull
    case .noGroup, .unexpected: .unexpected
    }
  }

  /// What is known beside the cause; empty when that says all.
  public var detail: String {
    switch self {
    case .unavailable(_, let detail), .partly(_, let detail), .unanswered(let detail),
      .unconfirmed(let detail),
      .noGroup(let detail), .unexpected(let detail):
      detail
    case .full: ""
    }
  }

  /// Whether nothing of what was asked can have been done. A script that is refused the right to a later
  /// command has run the earlier ones.
  public var leftNothingDone: Bool {
    switch self {
    case .unavailable(.accessDenied, _), .partly, .unanswered, .unconfirmed, .unexpected: false
    case .unavailable, .full, .noGroup: true
    }
  }
}

extension BusError {
  /// The same as a fault of one partition of the journal, or of one node, on which not everything depends.
  func inPart(of target: ConnectionTarget) -> BusError {
    switch fault {
    case .otherPartitions, .accessDenied, .journalFull, .partitionDown: return self
    default: break
    }
    let part =
      switch target {
      case .partition(let index): "partition \(index + 1)"
      case .node(let endpoint): "node \(endpoint)"
      }
    return .unavailable(.partitionDown, "\(part): \(description)")
  }
}

extension BusError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .noGroup(let group): "the event bus has no consumer group: \(group)"
    default: detail.isEmpty ? fault.sentence : "\(fault.sentence): \(detail)"
    }
  }
}
