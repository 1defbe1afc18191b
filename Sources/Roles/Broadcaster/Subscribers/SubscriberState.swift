import EventBus

/// The life of one subscription: it replays until it has caught up with the sequence, then it is live.
struct SubscriberState {
  enum Phase: Equatable {
    case replaying
    case live
    case closed
  }

  enum Delivery: Equatable {
    case send
    /// Only what stands behind this position.
    case sendRest(after: JournalCursor)
    case keepBack
    case drop
  }

  enum Progress {
    /// Read on behind the position.
    case `continue`
    /// Send these, each from behind the position on; from now on everything is live.
    case live([Broadcast], after: JournalCursor)
    case stop
  }

  private let maximumHeldBytes: Int
  private(set) var phase: Phase
  /// The last events that the journal gave.
  private(set) var position: JournalCursor
  /// Whatever the sequence brings behind this position is held.
  private var heldFrom: JournalCursor
  private var held: [Broadcast] = []
  private var heldBytes = 0
  /// The journal may be ahead of the sequence: what it gave up to here is not sent again.
  private var skipThrough: JournalCursor?

  /// - Parameters:
  ///   - newest: the position of the sequence on the subscriber's event loop.
  ///   - after: the last event that the subscriber has had; nil when it asks for none.
  init(newest: JournalCursor, after: JournalCursor?, maximumHeldBytes: Int) {
    self.maximumHeldBytes = maximumHeldBytes
    position = after ?? newest
    heldFrom = newest
    phase = position == newest ? .live : .replaying
  }

  mutating func received(_ broadcast: Broadcast) -> Delivery {
    switch phase {
    case .live:
      guard let skipped = skipThrough else { return .send }
      if skipped.includes(broadcast.end) { return .drop }
      // Until every partition has come as far, the sequence knows less of where the subscriber is.
      guard broadcast.end.includes(skipped) else { return .sendRest(after: skipped) }
      skipThrough = nil
      return broadcast.isAllBehind(skipped) ? .send : .sendRest(after: skipped)
    case .closed: return .drop
    case .replaying:
      held.append(broadcast)
      heldBytes += broadcast.byteCount
      if heldBytes > maximumHeldBytes {
        // The replay will read them from the journal.
        held.removeAll()
        heldBytes = 0
        heldFrom = broadcast.end
      }
      return .keepBack
    }
  }

  /// The journal was read up to `position`.
  mutating func replayed(through position: JournalCursor) -> Progress {
    guard phase == .replaying else { return .stop }
    self.position = position
    guard position.includes(heldFrom) else { return .continue }
    phase = .live
    let seen = held.last?.end ?? heldFrom
    if !seen.includes(position) { skipThrough = position }
    defer { held.removeAll() }
    return .live(held.filter { !position.includes($0.end) }, after: position)
  }

  /// The sequence begins anew, from its beginning, so there is nothing left to replay.
  mutating func restarted() {
    guard phase != .closed else { return }
    held.removeAll()
    skipThrough = nil
    phase = .live
  }

  mutating func close() {
    held.removeAll()
    phase = .closed
  }
}
