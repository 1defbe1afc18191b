import EventBus

/// What every active event loop is told, in one order.
struct Dispatch: Sendable {
  enum Content: Sendable {
    case events(Broadcast)
    /// Events are missing from the line, which goes on behind the gap.
    case gap(Gap)
    /// The bus came back without its data: positions begin anew.
    case restart(Gap)
  }

  /// Counts up by one, so that an event loop can tell what it has had.
  let number: UInt64
  let content: Content
}
