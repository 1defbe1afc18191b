import EventBus
import NIOCore

/// The one order in which events go out: what waits, what was sent, and how it is mended from the
/// journal when the channel broke, or a message on it was lost.
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
  /// Of the journal.
  private let partitions: Int
  private var phase = Phase.down
  private(set) var generation: Generation = 0
  private var pending: [LiveMessage] = []
  private var pendingBytes = 0
  private var pendingControl: Dispatch.Content?
  /// Live messages that came while the journal was being read.
  private var held: [LiveMessage] = []
  private var heldBytes = 0
  private var hasDroppedHeld = false
  /// The message in whose front something was missing when the journal was read last.
  private var soughtFor: StreamID?
  /// The last event of each partition that was put into the sequence.
  private(set) var tail: JournalCursor?
  /// The last that was taken out of it, which every active event loop has or will have.
  private(set) var newest: JournalCursor?
  /// Where the journal ended when it was looked at last; nil when there is nothing to compare.
  private var journalEnd: JournalCursor?
  private(set) var number: UInt64 = 0

  init(maximumFrameSize: Int, maximumPendingBytes: Int, partitions: Int = 1) {
    self.maximumFrameSize = maximumFrameSize
    self.maximumPendingBytes = maximumPendingBytes
    self.partitions = partitions
  }

  /// Subscribers can join: the newest position is known, and will move on.
  var isOpen: Bool { phase != .down && newest != nil }
  var isDrained: Bool { pending.isEmpty && pendingControl == nil }

  mutating func lost() {
    phase = .down
    generation += 1
    journalEnd = nil
    dropHeld()
    hasDroppedHeld = false
  }

  /// - Returns: the run of catching up that must now be made.
  mutating func subscribed() -> Generation {
    phase = .catchingUp
    generation += 1
    journalEnd = nil
    dropHeld()
    hasDroppedHeld = false
    return generation
  }

  /// - Returns: the run of catching up that must be made because too much was waiting, or a message was lost.
  mutating func received(_ messages: [ChannelMessage]) -> Generation? {
    var begun: Generation?
    for case .journaled(let id, let payload) in messages {
      let message = LiveMessage(id: id, payload: payload)
      switch phase {
      case .live:
        if partitions > 1, !follows(message) {
          if covers(id) {
            begun = subscribed()
            hold(message)
          }
          continue
        }
        append(message)
      case .catchingUp: hold(message)
      case .down: break
      }
    }
    guard phase == .live, pendingBytes > maximumPendingBytes else { return begun }
    pending.removeAll()
    pendingBytes = 0
    tail = newest
    return subscribed()
  }

  /// A message of another layout of the journal is nobody's.
  private func covers(_ id: StreamID) -> Bool {
    id.partition != 0 && Int(id.partition) <= partitions
  }

  /// Whether nothing is missing between the tail and the message. Redis Cluster loses messages without a word, so
  /// each tells the place before it.
  private func follows(_ message: LiveMessage) -> Bool {
    guard covers(message.id), let tail else { return false }
    if tail.includes(message.id) { return true }
    guard
      let previous = EventPositionReader.previousPosition(of: message.id, in: message.payload)
    else { return true }
    return tail.includes(previous)
  }

  /// Compares with the places at which the journal's partitions end: what they had when they were looked at last must
  /// have come by now.
  ///
  /// - Returns: the run of catching up that must be made because it has not.
  mutating func compare(withEnd end: JournalCursor) -> Generation? {
    guard phase == .live, let tail else { return nil }
    if let journalEnd, !tail.includes(journalEnd) { return subscribed() }
    journalEnd = end
    return nil
  }

  /// Whether the journal must be read from the tail; otherwise the sequence begins at `last`, because
  /// nobody is there to miss anything.
  mutating func startsFromJournal(last: JournalCursor, hasSubscribers: Bool) -> Bool {
    if tail != nil && hasSubscribers { return true }
    pending.removeAll()
    pendingBytes = 0
    tail = last
    newest = last
    return false
  }

  mutating func caughtUp(
    _ generation: Generation, with messages: [LiveMessage], last: JournalCursor
  ) {
    guard generation == self.generation, phase == .catchingUp else { return }
    for message in messages { append(message) }
    tail?.advance(to: last)
    // No event stands between the last one and entries that are for one sink alone.
    if isDrained { newest?.advance(to: last) }
  }

  mutating func found(_ gap: Gap, isRestart: Bool, _ generation: Generation) {
    guard generation == self.generation, phase == .catchingUp else { return }
    pendingControl = isRestart ? .restart(gap) : .gap(gap)
    if isRestart { beginAnew(gap, &tail) }
  }

  /// The journal has nothing behind the tail.
  ///
  /// - Returns: false when it must be read again for what could not be held, or was lost meanwhile.
  mutating func finishCatchingUp(_ generation: Generation) -> Bool {
    guard generation == self.generation, phase == .catchingUp else { return true }
    if hasDroppedHeld {
      hasDroppedHeld = false
      return false
    }
    for message in held {
      if partitions > 1, covers(message.id), !follows(message), soughtFor != message.id {
        // What went before it is in the journal by now, or nowhere.
        soughtFor = message.id
        return false
      }
      append(message)
    }
    phase = .live
    soughtFor = nil
    dropHeld()
    return true
  }

  /// The gap's partition lost its data.
  private func beginAnew(_ gap: Gap, _ cursor: inout JournalCursor?) {
    guard let index = cursor?.index(of: gap.after) else { return }
    cursor?[index] = .zero
  }

  /// The next thing to send out.
  mutating func next() -> Dispatch? {
    if let control = pendingControl {
      pendingControl = nil
      if case .restart(let gap) = control { beginAnew(gap, &newest) }
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
    let messages: [LiveMessage]
    if count == pending.count {
      messages = pending
      pending = []
    } else {
      messages = Array(pending[..<count])
      pending.removeFirst(count)
    }
    var end = newest ?? JournalCursor(partitions: partitions)
    if partitions == 1 {
      end = JournalCursor(messages[count - 1].id)
    } else {
      for message in messages { end.advance(to: message.id) }
    }
    let broadcast = Broadcast(messages, through: end)
    pendingBytes -= broadcast.byteCount
    newest = end
    number += 1
    return Dispatch(number: number, content: .events(broadcast))
  }

  private mutating func append(_ message: LiveMessage) {
    if partitions > 1, !covers(message.id) { return }
    if tail?.includes(message.id) == true { return }
    if tail == nil { tail = JournalCursor(partitions: partitions) }
    tail?.advance(to: message.id)
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
