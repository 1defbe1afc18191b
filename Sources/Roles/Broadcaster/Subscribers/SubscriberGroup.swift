import EventBus
import NIOCore

/// The subscribers of one event loop. Lives on it.
final class SubscriberGroup {
  /// Owns the group.
  private unowned let hub: BroadcastHub
  private let slot: Int
  private var subscribers: [CourseFilter: [Subscriber]] = [:]
  private var count = 0
  private var newest: JournalCursor
  private var lastDispatch: UInt64 = 0

  init(hub: BroadcastHub, slot: Int) {
    self.hub = hub
    self.slot = slot
    newest = JournalCursor(partitions: hub.partitionCount)
  }

  /// - Returns: the position behind which the subscriber will be given everything.
  func join(_ subscriber: Subscriber) -> JournalCursor {
    let sequence = hub.joined(slot: slot)
    if count == 0 { (newest, lastDispatch) = sequence }
    count += 1
    subscriber.index = subscribers[subscriber.filter, default: []].count
    subscribers[subscriber.filter, default: []].append(subscriber)
    return newest
  }

  func leave(_ subscriber: Subscriber) {
    guard var members = subscribers.removeValue(forKey: subscriber.filter) else { return }
    let last = members.removeLast()
    if last !== subscriber {
      last.index = subscriber.index
      members[subscriber.index] = last
    }
    if !members.isEmpty { subscribers[subscriber.filter] = members }
    count -= 1
    hub.left(slot: slot, isLast: count == 0)
  }

  func deliver(_ dispatch: Dispatch) {
    // Sent before the first of the present subscribers joined.
    guard dispatch.number > lastDispatch else { return }
    lastDispatch = dispatch.number
    switch dispatch.content {
    case .events(let broadcast):
      newest = broadcast.end
      // Copies, because a subscriber may leave while it is served.
      for (filter, members) in subscribers { deliver(broadcast, filter: filter, to: members) }
    case .gap(let gap):
      for member in subscribers.values.joined() { member.announce(gap, isRestart: false) }
    case .restart(let gap):
      newest[newest.index(of: gap.after)] = .zero
      for member in subscribers.values.joined() { member.announce(gap, isRestart: true) }
    }
  }

  /// Closes the subscribers who may no longer stay.
  func lookAtStays() {
    for member in Array(subscribers.values.joined()) { member.mayStay() }
  }

  /// How its subscribers stand.
  func reading() -> CongestionControl.Reading {
    var reading = CongestionControl.Reading(subscribers: count)
    let now = NIODeadline.now()
    for members in subscribers.values {
      for member in members where member.isBehindButReading(now: now) { reading.behind += 1 }
    }
    return reading
  }

  private func deliver(_ broadcast: Broadcast, filter: CourseFilter, to members: [Subscriber]) {
    let selection = broadcast.selection(for: filter)
    var sent = 0
    for member in members { sent += member.deliver(broadcast, selection) }
    hub.metrics.sent(sent)
  }
}
