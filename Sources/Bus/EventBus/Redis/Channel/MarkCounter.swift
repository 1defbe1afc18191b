/// Gives hand-published messages their identity, without any worker leading the others.
///
/// Redis delivers all channels of one server to all its subscribers in one order. Every subscriber
/// publishes a fresh mark in the same step that subscribes it, so all who hear a message have heard
/// the same mark last, and the same number of messages since.
struct MarkCounter: Sendable, Equatable {
  /// A mark becomes part of a key's name; what is longer is none.
  static let longestMark = 64

  private var mark: String?
  private var ordinal = 0

  mutating func heard(mark: String) {
    guard (1...Self.longestMark).contains(mark.utf8.count) else { return }
    self.mark = mark
    ordinal = 0
  }

  /// The ticket of a hand-published message just heard; nil before the first mark.
  mutating func nextTicket() -> AdoptionTicket? {
    guard let mark else { return nil }
    ordinal += 1
    return AdoptionTicket(mark: mark, ordinal: ordinal)
  }
}
