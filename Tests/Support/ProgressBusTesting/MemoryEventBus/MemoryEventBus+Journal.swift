public import EventBus
import NIOConcurrencyHelpers
import NIOCore

extension MemoryEventBus: Journal {
  public func createGroup(_ group: String) async throws(BusError) {
    try withState { state in
      if state.groups[group] == nil { state.groups[group] = Group() }
    }
  }

  public func read(
    group: String, consumer: String, count: Int, bytes: Int, wait: Duration
  ) async throws(BusError) -> [JournalEntry] {
    let end = ContinuousClock.now + wait
    while true {
      let (wakeUps, continuation) = AsyncStream<Void>.makeStream(
        bufferingPolicy: .bufferingNewest(1))
      let (entries, ticket) = try withState { (state) throws(BusError) in
        let entries = try Self.take(count, bytes, for: consumer, of: group, from: &state)
        state.lastWaiting += 1
        if entries.isEmpty { state.waiting[state.lastWaiting] = continuation }
        return (entries, state.lastWaiting)
      }
      guard entries.isEmpty, .now < end, !Task.isCancelled else {
        storage.withLockedValue { $0.waiting[ticket] = nil }
        return entries
      }
      await withTaskGroup { tasks in
        tasks.addTask { for await _ in wakeUps { return } }
        tasks.addTask { try? await Task.sleep(until: end, clock: .continuous) }
        await tasks.next()
        tasks.cancelAll()
      }
      storage.withLockedValue { $0.waiting[ticket] = nil }
    }
  }

  private static func take(
    _ count: Int, _ bytes: Int, for consumer: String, of name: String, from state: inout State
  ) throws(BusError) -> [JournalEntry] {
    guard var group = state.groups[name] else { throw .noGroup(name) }
    let entries = state.entries(behind: group.lastDelivered).prefix(max(count, 1))
      .prefix(bytes: bytes)
    for entry in entries {
      group.lastDelivered = entry.id
      group.pending[entry.id] = Group.Pending(
        consumer: consumer, touched: .now, attempts: 1)
    }
    state.groups[name] = group
    return Array(entries)
  }

  public func claimAbandoned(
    group name: String, consumer: String, idle: Duration, count: Int
  ) async throws(BusError) -> [ClaimedEntry] {
    try withState { (state) throws(BusError) in
      guard var group = state.groups[name] else { throw .noGroup(name) }
      let limit = ContinuousClock.now - idle
      var claimed: [ClaimedEntry] = []
      for id in group.pending.keys.sorted() where claimed.count < count {
        guard var pending = group.pending[id], pending.touched <= limit else { continue }
        guard let entry = state.entries.first(where: { $0.id == id }) else {
          group.pending[id] = nil
          continue
        }
        pending.consumer = consumer
        pending.touched = .now
        group.pending[id] = pending
        claimed.append(ClaimedEntry(entry: entry, attempts: pending.attempts))
      }
      state.groups[name] = group
      return claimed
    }
  }

  public func noteAttempt(
    group: String, consumer: String, ids: [StreamID], attempts: Int
  ) async throws(BusError) {
    try await touch(group: group, consumer: consumer, ids: ids)
    try withState { state in
      for id in ids { state.groups[group]?.pending[id]?.attempts = attempts }
    }
  }

  public func touch(group: String, consumer: String, ids: [StreamID]) async throws(BusError) {
    try withState { (state) throws(BusError) in
      guard state.groups[group] != nil else { throw .noGroup(group) }
      for id in ids {
        state.groups[group]?.pending[id]?.consumer = consumer
        state.groups[group]?.pending[id]?.touched = .now
      }
    }
  }

  public func acknowledge(group: String, ids: [StreamID]) async throws(BusError) {
    try withState { state in
      for id in ids { state.groups[group]?.pending[id] = nil }
    }
  }

  /// The in-memory form keeps no list of consumers, so there is nothing to remove.
  public func leave(group: String, consumer: String) async throws(BusError) {
    try withState { _ in }
  }

  public func forgetConsumers(
    of group: String, silentFor: Duration
  ) async throws(BusError) -> Int {
    try withState { (state) throws(BusError) in
      guard state.groups[group] != nil else { throw .noGroup(group) }
      return 0
    }
  }

  public func entries(
    after position: StreamID, limit: Int, bytes: Int
  ) async throws(BusError) -> [JournalEntry] {
    try withState { state in
      Array(state.entries(behind: position).prefix(max(limit, 0)).prefix(bytes: bytes))
    }
  }

  public func state() async throws(BusError) -> JournalState {
    try withState { state in
      let groups = state.groups.sorted { $0.key < $1.key }.map { name, group in
        JournalState.Group(
          name: name, lastDelivered: group.lastDelivered, oldestPending: group.pending.keys.min(),
          pending: group.pending.count,
          undelivered: state.entries(behind: group.lastDelivered).count)
      }
      return JournalState(
        entries: state.entries.count, first: state.entries.first?.id, last: state.lastID,
        groups: groups, isOutOfMemory: state.isOutOfMemory)
    }
  }

  public func trim(before id: StreamID) async throws(BusError) -> Int {
    try withState { state in
      let kept = state.entries.drop { $0.id < id }
      defer { state.entries = Array(kept) }
      return state.entries.count - kept.count
    }
  }
}

extension Collection<JournalEntry> {
  /// The first, and those behind it that do not bring all of them over `bytes`.
  public func prefix(bytes: Int) -> SubSequence {
    var sum = 0
    return prefix { entry in
      let isFirst = sum == 0
      sum += entry.payload.readableBytes
      return isFirst || sum <= bytes
    }
  }
}
