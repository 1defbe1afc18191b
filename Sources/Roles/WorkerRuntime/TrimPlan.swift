public import EventBus

/// Decides how much of the journal may go, without input or output of its own.
///
/// An entry that some group has not acknowledged never goes. What all have read stays for
/// `retention`, less when the journal is nearly full, and not at all while the bus has no memory for new
/// events.
public struct TrimPlan: Sendable {
  /// Above this part of the cap the oldest entries go early, so that the journal falls back to it.
  public static let crowded = 0.8
  /// Above this part of the cap nothing that all have read is kept.
  public static let critical = 0.9

  /// Entries that the journal holds at most.
  public let cap: Int
  public let retention: Duration

  public init(cap: Int, retention: Duration) {
    self.cap = cap
    self.retention = retention
  }

  public func isCrowded(_ state: JournalState) -> Bool {
    state.isOutOfMemory || Double(state.entries) >= Double(cap) * Self.crowded
  }

  /// The position before which every entry may be removed; nil when none may.
  ///
  /// - Parameters:
  ///   - now: Milliseconds since 1970.
  ///   - expired: The newest entry that is known to be older than the retention whatever the clock says.
  ///   - expectedGroups: Groups that must exist: without one of them, what it has yet to read cannot be
  ///     known.
  public func position(
    _ state: JournalState, now: UInt64, expired: StreamID? = nil, expectedGroups: Set<String>
  ) -> StreamID? {
    guard let first = state.first, !state.groups.isEmpty,
      expectedGroups.isSubset(of: state.groups.map(\.name)), let frontier = frontier(state)
    else { return nil }
    let kept = max(retentionStart(now), expired?.successor ?? .zero)
    let target = min(frontier, max(kept, crowdedStart(state, first: first)))
    return target > first ? target : nil
  }

  /// The oldest position that some group has yet to acknowledge.
  private func frontier(_ state: JournalState) -> StreamID? {
    var frontier = StreamID(milliseconds: .max, sequence: .max)
    for group in state.groups {
      if let oldestPending = group.oldestPending {
        frontier = min(frontier, oldestPending)
      } else if group.pending > 0 {
        return nil
      } else {
        frontier = min(frontier, group.lastDelivered.successor)
      }
    }
    return frontier
  }

  private func retentionStart(_ now: UInt64) -> StreamID {
    let kept = UInt64(clamping: retention.components.seconds) * 1_000
    return StreamID(milliseconds: now > kept ? now - kept : 0, sequence: 0)
  }

  /// Where the journal would begin if it held no more than the crowded part of its cap, as far as
  /// its entries are spread evenly over time; repeated every second, the estimate corrects itself.
  private func crowdedStart(_ state: JournalState, first: StreamID) -> StreamID {
    let entries = Double(state.entries)
    if state.isOutOfMemory || entries >= Double(cap) * Self.critical {
      return StreamID(milliseconds: .max, sequence: .max)
    }
    let surplus = entries - Double(cap) * Self.crowded
    guard surplus > 0, state.last > first else { return .zero }
    if state.last.milliseconds == first.milliseconds {
      // The clock stands still, or is behind what it was: the sequence counts the entries.
      return StreamID(
        milliseconds: first.milliseconds, sequence: first.sequence + UInt64(surplus.rounded(.up)))
    }
    let span = Double(state.last.milliseconds - first.milliseconds)
    let removed = UInt64(span * surplus / entries)
    return StreamID(milliseconds: first.milliseconds + removed, sequence: 0)
  }
}

extension StreamID {
  /// The smallest position behind this one.
  var successor: StreamID {
    sequence < .max
      ? StreamID(milliseconds: milliseconds, sequence: sequence + 1, partition: partition)
      : StreamID(milliseconds: milliseconds + 1, sequence: 0, partition: partition)
  }
}
