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
