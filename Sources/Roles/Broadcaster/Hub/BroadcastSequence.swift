import EventBus
import NIOCore

/// The one order in which events go out: what waits, what was sent, and how it is mended from the
/// journal when the channel broke.
///
/// The journal is the truth. What is held here is bounded, because anything dropped can be read again.
struct BroadcastSequence {
  /// A run of catching up; a newer one makes it void.
  typealias Generation = UInt64

  private enum Phase: Equatable {
    case down
    case catchingUp
    case live
  }

  private let maximumFrameSize: Int
  private let maximumPendingBytes: Int
  private var phase = Phase.down
  private(set) var generation: Generation = 0
  private var pending: [LiveMessage] = []
  private var pendingBytes = 0
  private var pendingControl: Dispatch.Content?
  /// Live messages that came while the journal was being read.
  private var held: [LiveMessage] = []
  private var heldBytes = 0
  private var hasDroppedHeld = false
  /// The last event that was put into the sequence.
  private(set) var tail: StreamID?
  /// The last event that was taken out of it, which every active event loop has or will have.
  private(set) var newest: StreamID?
  private(set) var number: UInt64 = 0

  init(maximumFrameSize: Int, maximumPendingBytes: Int) {
    self.maximumFrameSize = maximumFrameSize
    self.maximumPendingBytes = maximumPendingBytes
  }

  /// Subscribers can join: the newest position is known, and will move on.
  var isOpen: Bool { phase != .down && newest != nil }
  var isDrained: Bool { pending.isEmpty && pendingControl == nil }

  mutating func lost() {
    phase = .down
    generation += 1
    dropHeld()
    hasDroppedHeld = false
  }

  /// - Returns: the run of catching up that must now be made.
  mutating func subscribed() -> Generation {
    phase = .catchingUp
    generation += 1
    dropHeld()
    hasDroppedHeld = false
    return generation
  }

  /// - Returns: the run of catching up that must be made because too much was waiting.
  mutating func received(_ messages: [ChannelMessage]) -> Generation? {
    for case .journaled(let id, let payload) in messages {
      let message = LiveMessage(id: id, payload: payload)
      switch phase {
      case .live: append(message)
      case .catchingUp: hold(message)
      case .down: break
      }
    }
    guard phase == .live, pendingBytes > maximumPendingBytes else { return nil }
    pending.removeAll()
    pendingBytes = 0
    tail = newest
    return subscribed()
  }

  /// Whether the journal must be read from the tail; otherwise the sequence begins at `last`, because
  /// nobody is there to miss anything.
  mutating func startsFromJournal(last: StreamID, hasSubscribers: Bool) -> Bool {
    if tail != nil && hasSubscribers { return true }
    pending.removeAll()
    pendingBytes = 0
    tail = last
    newest = last
    return false
  }

  mutating func caughtUp(_ generation: Generation, with messages: [LiveMessage], last: StreamID) {
    guard generation == self.generation, phase == .catchingUp else { return }
    for message in messages { append(message) }
    if let tail, tail < last { self.tail = last }
    // No event stands between the last one and entries that are for one sink alone.
    if isDrained, let newest, newest < last { self.newest = last }
  }

  mutating func found(_ gap: Gap, isRestart: Bool, _ generation: Generation) {
    guard generation == self.generation, phase == .catchingUp else { return }
    pendingControl = isRestart ? .restart(gap) : .gap(gap)
    if isRestart { tail = .zero }
  }

  /// The journal has nothing behind the tail.
  /// - Returns: false when it must be read again for what could not be held.
  mutating func finishCatchingUp(_ generation: Generation) -> Bool {
    guard generation == self.generation, phase == .catchingUp else { return true }
    if hasDroppedHeld {
      hasDroppedHeld = false
      return false
    }
    phase = .live
    for message in held { append(message) }
    dropHeld()
    return true
  }

  /// The next thing to send out.
  mutating func next() -> Dispatch? {
    if let control = pendingControl {
      pendingControl = nil
      if case .restart = control { newest = .zero }
      number += 1
      return Dispatch(number: number, content: control)
    }
    guard !pending.isEmpty else { return nil }
    var count = 0
    var size = 0
    while count < pending.count {
      size += pending[count].payload.readableBytes + 1
      if count > 0 && size > maximumFrameSize { break }
      count += 1
    }
    let broadcast: Broadcast
    if count == pending.count {
      broadcast = Broadcast(pending)
      pending = []
    } else {
      broadcast = Broadcast(Array(pending[..<count]))
      pending.removeFirst(count)
    }
    pendingBytes -= broadcast.byteCount
    newest = broadcast.last
    number += 1
    return Dispatch(number: number, content: .events(broadcast))
  }

  private mutating func append(_ message: LiveMessage) {
    if let tail, message.id <= tail { return }
    tail = message.id
    pending.append(message)
    pendingBytes += message.payload.readableBytes
  }

  private mutating func hold(_ message: LiveMessage) {
    guard !hasDroppedHeld else { return }
    held.append(message)
    heldBytes += message.payload.readableBytes
    if heldBytes > maximumPendingBytes {
      dropHeld()
      hasDroppedHeld = true
    }
  }

  private mutating func dropHeld() {
    held.removeAll()
    heldBytes = 0
  }
}

/// What every active event loop is told, in one order.
struct Dispatch: Sendable {
  enum Content: Sendable {
    case events(Broadcast)
    /// Events are missing from the sequence, which goes on behind the gap.
    case gap(Gap)
    /// The bus came back without its data: positions begin anew.
    case restart(Gap)
  }

  /// Counts up by one, so that an event loop can tell what it has had.
  let number: UInt64
  let content: Content
}
