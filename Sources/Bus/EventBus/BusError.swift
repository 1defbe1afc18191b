/// Why the bus did not do what it was asked.
public enum BusError: Error, Equatable, Sendable {
  /// The bus cannot be reached, or broke off; try again.
  case unavailable(String)
  /// Entries that some group has not read fill the journal, or the bus is out of memory.
  case full
  /// The consumer group does not exist.
  case noGroup(String)
  /// The bus answered what it should never answer.
  case unexpected(String)
}

extension BusError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unavailable(let reason): "the event bus is unavailable: \(reason)"
    case .full: "the event bus is full of events that are still to be stored"
    case .noGroup(let group): "the event bus has no consumer group \(group)"
    case .unexpected(let answer): "the event bus answered what it should never answer: \(answer)"
    }
  }
}
