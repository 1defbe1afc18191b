public import EventBus

extension JournalState {
  /// The place up to which `group` has stored everything; nil when there is no such group.
  ///
  /// A subscriber that goes on from there misses nothing: entries behind it are never trimmed while the
  /// group has not read them. `0-0` stands for "from the first entry that is there": a place before that
  /// one would look like a gap.
  public func storedPosition(of group: String) -> StreamID? {
    guard let group = groups.first(where: { $0.name == group }) else { return nil }
    let position = group.oldestPending?.predecessor ?? group.lastDelivered
    if position == last { return position }
    guard let first, position >= first else { return .zero }
    return position
  }
}

extension Journal {
  /// The place up to which `group` has stored everything, in each partition; nil when it is not in each.
  public func storedCursor(of group: String) async throws(BusError) -> JournalCursor? {
    var cursor = JournalCursor(partitions: partitions.count)
    for (index, partition) in partitions.enumerated() {
      guard let position = try await partition.state().storedPosition(of: group) else { return nil }
      cursor[index] = position
    }
    return cursor
  }
}

extension StreamID {
  /// The greatest place before this one.
  var predecessor: StreamID {
    if sequence > 0 {
      return StreamID(milliseconds: milliseconds, sequence: sequence - 1, partition: partition)
    }
    guard milliseconds > 0 else { return .zero }
    return StreamID(milliseconds: milliseconds - 1, sequence: .max, partition: partition)
  }
}
