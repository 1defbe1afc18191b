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

  private let journal: any Journal
  private let pageSize: Int
  private let pageBytes: Int
  private var page: [JournalEntry]?
  private(set) var position: StreamID

  init(journal: any Journal, after position: StreamID, _ configuration: BroadcastConfiguration) {
    self.journal = journal
    self.position = position
    pageSize = configuration.replayPageSize
    pageBytes = configuration.replayPageBytes
  }

  mutating func next() async throws(BusError) -> Step {
    if let page = self.page {
      self.page = nil
      return deliver(page)
    }
    while true {
      let page = try await journal.entries(after: position, limit: pageSize, bytes: pageBytes)
      // Asked after reading: while the entry at the position is still there, none behind it was
      // trimmed before the page was read.
      let state = try await journal.state()
      if state.last < position {
        let gap = Gap(after: position, first: state.first)
        position = .zero
        return .restart(gap)
      }
      let isTrimmed = state.first.map { position < $0 } ?? true
      // `0-0` asks for whatever there is, and so misses nothing.
      guard isTrimmed, position != .zero, position != state.last else { return deliver(page) }
      if let first = page.first {
        self.page = page
        return .gap(Gap(after: position, first: first.id))
      }
      // An entry that came after the page was read is in the next one.
      guard state.first == nil else { continue }
      let gap = Gap(after: position, first: nil)
      position = state.last
      return .gap(gap)
    }
  }

  private mutating func deliver(_ page: [JournalEntry]) -> Step {
    guard let last = page.last else { return .end }
    position = last.id
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
