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
