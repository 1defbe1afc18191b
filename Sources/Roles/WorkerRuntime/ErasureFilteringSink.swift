public import EventBus

/// A sink in front of which the events of erased learners are dropped. They were in the journal before the learner
/// was erased, or came in by a process that had not heard of it yet.
///
/// It looks at every write, not once at a batch: a batch that is tried again for hours goes by the list of now.
public struct ErasureFilteringSink: Sink {
  private let base: any Sink
  private let erased: ErasedLearners

  public init(_ base: any Sink, erased: ErasedLearners) {
    self.base = base
    self.erased = erased
  }

  public var name: String { base.name }
  public var batchSize: Int { base.batchSize }
  public var lanes: Int { base.lanes }

  public func write(_ batch: [JournalEntry]) async throws(SinkError) -> [Refusal] {
    if erased.isEmpty { return try await base.write(batch) }
    var kept: [Int] = []
    var refusals: [Refusal] = []
    for (index, entry) in batch.enumerated() {
      if erased.drops(entry.payload, eventType: entry.eventType) {
        refusals.append(Refusal(index: index, reason: "the learner was erased", cause: .erased))
      } else {
        kept.append(index)
      }
    }
    guard !refusals.isEmpty else { return try await base.write(batch) }
    if !kept.isEmpty {
      refusals += try await base.write(kept.map { batch[$0] }).map {
        Refusal(index: kept[$0.index], reason: $0.reason, cause: $0.cause)
      }
    }
    // Only once the write is done: one that fails comes again.
    erased.note(batch.count - kept.count, at: name)
    return refusals.sorted { $0.index < $1.index }
  }

  public func check() async throws(SinkError) { try await base.check() }
  public func isProof(_ entry: JournalEntry) -> Bool { base.isProof(entry) }
  public func close() async { await base.close() }
}
