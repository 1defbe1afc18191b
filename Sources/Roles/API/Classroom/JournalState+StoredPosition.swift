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

extension StreamID {
  /// The greatest place before this one.
  var predecessor: StreamID {
    if sequence > 0 { return StreamID(milliseconds: milliseconds, sequence: sequence - 1) }
    guard milliseconds > 0 else { return .zero }
    return StreamID(milliseconds: milliseconds - 1, sequence: .max)
  }
}
