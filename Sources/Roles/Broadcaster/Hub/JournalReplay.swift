import EventBus

/// Reads the journal from a position on, and notices what is no longer there.
struct JournalReplay {
  enum Step: Equatable {
    case entries([JournalEntry])
    case gap(Gap)
    /// The bus has lost its data; the replay goes on from the beginning.
    case restart(Gap)
    /// Nothing stands behind the position now.
    case end
  }

  private let partitions: [any Journal]
  private let pageSize: Int
  private let pageBytes: Int
  private let skipsWhatCannotBeRead: Bool
  private var page: [JournalEntry]?
  /// The partition that is read next: a page of each in turn.
  private var index = 0
  private(set) var position: JournalCursor

  /// - Parameter skipsWhatCannotBeRead: whether a partition that cannot be read counts as one that has nothing, while
  ///   another can: only for who notices later.
  init(
    journal: any Journal, after position: JournalCursor, skipsWhatCannotBeRead: Bool = false,
    _ configuration: BroadcastConfiguration
  ) {
    self.skipsWhatCannotBeRead = skipsWhatCannotBeRead
    partitions = journal.partitions
    self.position = position
    pageSize = configuration.replayPageSize
    pageBytes = configuration.replayPageBytes
  }

  mutating func next() async throws(BusError) -> Step {
    if let page = self.page {
      self.page = nil
      return deliver(page)
    }
    var failures: [BusError] = []
    for _ in partitions {
      do throws(BusError) {
        let step = try await nextOfPartition()
        guard case .end = step else { return step }
      } catch {
        guard skipsWhatCannotBeRead else { throw error }
        failures.append(error)
        index = (index + 1) % partitions.count
      }
    }
    if failures.count == partitions.count, let failure = failures.first { throw failure }
    return .end
  }

  private mutating func nextOfPartition() async throws(BusError) -> Step {
    let journal = partitions[index]
    while true {
      let start = position[index]
      let page = try await journal.entries(after: start, limit: pageSize, bytes: pageBytes)
      // Asked after reading: while the entry at the position is still there, none behind it was
      // trimmed before the page was read.
      let state = try await journal.state()
      // Of an empty stream it names no partition.
      let last = state.last.inPartition(start.partition)
      if last < start {
        let gap = Gap(after: start, first: state.first)
        position[index] = .zero
        return .restart(gap)
      }
      let isTrimmed = state.first.map { start < $0 } ?? true
      // `0-0` asks for whatever there is, and so misses nothing.
      guard isTrimmed, !start.isZero, start != last else { return deliver(page) }
      if let first = page.first {
        self.page = page
        return .gap(Gap(after: start, first: first.id))
      }
      // An entry that came after the page was read is in the next one.
      guard state.first == nil else { continue }
      let gap = Gap(after: start, first: nil)
      position[index] = last
      return .gap(gap)
    }
  }

  private mutating func deliver(_ page: [JournalEntry]) -> Step {
    defer { index = (index + 1) % partitions.count }
    guard let last = page.last else { return .end }
    position[index] = last.id
    return .entries(page)
  }
}

/// Events that a subscriber may have missed and that nobody can give it any more.
struct Gap: Sendable, Equatable {
  /// The last position before it.
  let after: StreamID
  /// The first event behind it; nil when there is none yet.
  let first: StreamID?
}
