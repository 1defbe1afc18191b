public import EventBus

extension MemoryEventBus: DeadLetterStore {
  public func add(_ refused: [RefusedEntry]) async throws(BusError) -> Int {
    try withState { state in
      var settled = 0
      for entry in refused {
        let group = state.groups[entry.deadLetter.sink]
        if group == nil || group?.pending[entry.id] != nil {
          guard state.deadLetters.count < deadLetterCapacity else { break }
          state.groups[entry.deadLetter.sink]?.pending[entry.id] = nil
          state.deadLetters.append(
            StoredDeadLetter(
              id: Self.nextID(after: &state.lastDeadLetter), deadLetter: entry.deadLetter))
        }
        settled += 1
      }
      return settled
    }
  }

  public func deadLetters(
    after position: StreamID, limit: Int
  ) async throws(BusError) -> [StoredDeadLetter] {
    try withState { state in
      Array(state.deadLetters.drop { $0.id <= position }.prefix(max(limit, 0)))
    }
  }

  public func summaries(
    after position: StreamID, limit: Int
  ) async throws(BusError) -> [DeadLetterSummary] {
    try await deadLetters(after: position, limit: limit).map { DeadLetterSummary($0) }
  }

  public func newest() async throws(BusError) -> StreamID? {
    try withState { $0.deadLetters.last?.id }
  }

  public func deadLetter(_ id: StreamID) async throws(BusError) -> StoredDeadLetter? {
    try withState { state in state.deadLetters.first { $0.id == id } }
  }

  public func replay(_ id: StreamID) async throws(BusError) -> Bool {
    try withState { (state) throws(BusError) in
      guard let index = state.deadLetters.firstIndex(where: { $0.id == id }) else { return false }
      let deadLetter = state.deadLetters[index].deadLetter
      guard deadLetter.sink != DeadLetter.busName else {
        throw .unexpected("a letter of sink bus has no sink to be replayed for")
      }
      guard state.entries.count < capacity else { throw .full }
      state.deadLetters.remove(at: index)
      append(
        PublishedEvent(eventType: deadLetter.eventType, payload: deadLetter.payload),
        target: deadLetter.sink,
        to: &state)
      return true
    }
  }

  public func remove(_ ids: [StreamID]) async throws(BusError) -> Int {
    try withState { state in
      let ids = Set(ids)
      let before = state.deadLetters.count
      state.deadLetters.removeAll { ids.contains($0.id) }
      return before - state.deadLetters.count
    }
  }

  public func count() async throws(BusError) -> Int {
    try withState { $0.deadLetters.count }
  }
}
