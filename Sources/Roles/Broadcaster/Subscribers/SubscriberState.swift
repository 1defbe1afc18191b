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
    case sendRest(after: StreamID)
    case keepBack
    case drop
  }

  enum Progress {
    /// Read on behind the position.
    case `continue`
    /// Send these, each from behind the position on; from now on everything is live.
    case live([Broadcast], after: StreamID)
    case stop
  }

  private let maximumHeldBytes: Int
  private(set) var phase: Phase
  /// The last event that the journal gave.
  private(set) var position: StreamID
  /// Whatever the sequence brings behind this position is held.
  private var heldFrom: StreamID
  private var held: [Broadcast] = []
  private var heldBytes = 0
  /// The journal may be ahead of the sequence: what it gave up to here is not sent again.
  private var skipThrough: StreamID?

  /// - Parameters:
  ///   - newest: the position of the sequence on the subscriber's event loop.
  ///   - after: the last event that the subscriber has had; nil when it asks for none.
  init(newest: StreamID, after: StreamID?, maximumHeldBytes: Int) {
    self.maximumHeldBytes = maximumHeldBytes
    position = after ?? newest
    heldFrom = newest
    phase = position == newest ? .live : .replaying
  }

  mutating func received(_ broadcast: Broadcast) -> Delivery {
    switch phase {
    case .live:
      guard let skipped = skipThrough else { return .send }
      if broadcast.last <= skipped { return .drop }
      skipThrough = nil
      return broadcast.first > skipped ? .send : .sendRest(after: skipped)
    case .closed: return .drop
    case .replaying:
      held.append(broadcast)
      heldBytes += broadcast.byteCount
      if heldBytes > maximumHeldBytes {
        // The replay will read them from the journal.
        held.removeAll()
        heldBytes = 0
        heldFrom = broadcast.last
      }
      return .keepBack
    }
  }

  /// The journal was read up to `position`.
  mutating func replayed(through position: StreamID) -> Progress {
    guard phase == .replaying else { return .stop }
    self.position = position
    guard position >= heldFrom else { return .continue }
    phase = .live
    let seen = held.last?.last ?? heldFrom
    if seen < position { skipThrough = position }
    defer { held.removeAll() }
    return .live(held.filter { position < $0.last }, after: position)
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
