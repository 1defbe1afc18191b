/// Turns hand-published messages into events of the journal, each exactly once however many workers
/// hear it.
public protocol AdoptionRegister: Sendable {
  /// Journals and publishes `event` unless another worker has used the ticket before.
  ///
  /// Calls for one mark must come in the order of their ordinals.
  /// - Returns: false when another worker was first.
  func adopt(_ event: PublishedEvent, ticket: AdoptionTicket) async throws(BusError) -> Bool

  /// Stores the dead letter unless another worker has used the ticket before; false when it has.
  func reject(_ letter: DeadLetter, ticket: AdoptionTicket) async throws(BusError) -> Bool
}
