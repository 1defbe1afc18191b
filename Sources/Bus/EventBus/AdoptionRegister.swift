/// Turns hand-published messages into events of the journal, each exactly once however many workers
/// hear it.
public protocol AdoptionRegister: Sendable {
  /// Journals and publishes `event` unless another worker has used the ticket before.
  ///
  /// Calls for one mark must come in the order of their ordinals.
  func adopt(_ event: PublishedEvent, ticket: AdoptionTicket) async throws(BusError) -> Adoption

  /// Stores the dead letter unless another worker has used the ticket before.
  func reject(_ letter: DeadLetter, ticket: AdoptionTicket) async throws(BusError) -> Rejection
}

/// What became of a hand-published message that is an event.
public enum Adoption: Sendable, Equatable {
  case adopted
  /// Another worker has dealt with it.
  case doneBefore
  /// It was heard where workers listen no longer. One that heard it elsewhere adopts it, if there is one.
  case heardElsewhere
}

/// What became of a hand-published message that is no valid event.
public enum Rejection: Sendable, Equatable {
  /// As for an event.
  case heardElsewhere
  /// It is among the dead letters.
  case stored
  /// Another worker has dealt with it.
  case doneBefore
  /// The dead letters are full, and it is nowhere. No other worker tries it.
  case noRoom
}

/// The identity of a hand-published message, the same for every worker that hears it: how many such
/// messages have followed a mark on the channel that all of them heard.
public struct AdoptionTicket: Sendable, Hashable {
  public let mark: String
  /// From 1.
  public let ordinal: Int

  public init(mark: String, ordinal: Int) {
    self.mark = mark
    self.ordinal = ordinal
  }
}

/// Gives hand-published messages their identity, without any worker leading the others.
///
/// Redis delivers all channels of one server to all its subscribers in one order. Every subscriber
/// publishes a fresh mark in the same step that subscribes it, so all who hear a message have heard
/// the same mark last, and the same number of messages since.
package struct AdoptionTickets: Sendable, Equatable {
  /// A mark becomes part of a key's name; what is longer is none.
  package static let longestMark = 64

  private var mark: String?
  private var ordinal = 0

  package init() {}

  package mutating func heard(mark: String) {
    guard (1...Self.longestMark).contains(mark.utf8.count) else { return }
    self.mark = mark
    ordinal = 0
  }

  /// The ticket of a hand-published message just heard; nil before the first mark.
  package mutating func next() -> AdoptionTicket? {
    guard let mark else { return nil }
    ordinal += 1
    return AdoptionTicket(mark: mark, ordinal: ordinal)
  }
}
