/// What the journal holds and how far each group has come.
public struct JournalState: Sendable, Equatable {
  /// How far one consumer group has come.
  public struct Group: Sendable, Equatable {
    public let name: String
    /// The newest entry that any consumer of the group was given.
    public let lastDelivered: StreamID
    /// The oldest entry that was given but not acknowledged.
    public let oldestPending: StreamID?
    public let pending: Int
    /// Entries that the group has not been given yet; nil when the bus cannot tell.
    public let undelivered: Int?

    public init(
      name: String, lastDelivered: StreamID, oldestPending: StreamID?, pending: Int,
      undelivered: Int?
    ) {
      self.name = name
      self.lastDelivered = lastDelivered
      self.oldestPending = oldestPending
      self.pending = pending
      self.undelivered = undelivered
    }
  }

  public let entries: Int
  /// The oldest entry that is still there.
  public let first: StreamID?
  /// The newest position ever given out, even when its entry has been trimmed.
  public let last: StreamID
  public let groups: [Group]
  /// Whether the bus refuses events because its memory is full, however few entries there are.
  public let isOutOfMemory: Bool

  public init(
    entries: Int, first: StreamID?, last: StreamID, groups: [Group], isOutOfMemory: Bool = false
  ) {
    self.entries = entries
    self.first = first
    self.last = last
    self.groups = groups
    self.isOutOfMemory = isOutOfMemory
  }

  /// Entries that a group has not acknowledged, delivered or not; nil when the bus cannot tell.
  public func lag(of group: Group) -> Int? {
    // First, because Redis 7.0 goes on counting entries that somebody deleted before they were delivered.
    if group.lastDelivered >= last { return group.pending }
    if let undelivered = group.undelivered { return undelivered + group.pending }
    if let first, group.lastDelivered < first { return entries + group.pending }
    return nil
  }
}

extension JournalState {
  /// The state of a journal whose partitions are in these states: what is counted is added up, and a group has come as
  /// far as it has where it is furthest behind.
  public init(ofPartitions states: [JournalState]) {
    let last = states.map(\.last).max() ?? .zero
    var names: [String] = []
    for group in states.flatMap(\.groups) where !names.contains(group.name) {
      names.append(group.name)
    }
    self.init(
      entries: states.reduce(0) { $0 + $1.entries }, first: states.compactMap(\.first).min(),
      last: last, groups: names.map { Group(named: $0, in: states, last: last) },
      isOutOfMemory: states.contains { $0.isOutOfMemory })
  }
}

extension JournalState.Group {
  fileprivate init(named name: String, in states: [JournalState], last: StreamID) {
    var behind: StreamID?
    var oldestPending: StreamID?
    var pending = 0
    var undelivered: Int? = 0
    for state in states {
      guard let group = state.groups.first(where: { $0.name == name }) else {
        // It has still to be made there.
        if state.entries > 0 { behind = min(behind ?? .zero, .zero) }
        undelivered = undelivered.map { $0 + state.entries }
        continue
      }
      pending += group.pending
      if let oldest = group.oldestPending { oldestPending = min(oldestPending ?? oldest, oldest) }
      guard group.lastDelivered < state.last else { continue }
      behind = min(behind ?? group.lastDelivered, group.lastDelivered)
      let lag = state.lag(of: group)
      undelivered = undelivered.flatMap { sum in lag.map { sum + $0 - group.pending } }
    }
    self.init(
      name: name, lastDelivered: behind ?? last, oldestPending: oldestPending, pending: pending,
      undelivered: undelivered)
  }
}
