public import EventBus

/// Something done to all dead letters that are meant, for one request: it ends in bounded time, and tells
/// where to go on.
public struct DeadLetterBulkOperation: Sendable {
  /// How long one request works on dead letters.
  public static let timeLimit = Duration.seconds(10)
  private static let batchSize = 500

  /// How many dead letters were met, and how far it came.
  public struct Count: Sendable {
    public internal(set) var count = 0
    /// The last dead letter of each store that was counted.
    public internal(set) var through: DeadLetterPosition
    /// Where to go on; nil when there is no more.
    public internal(set) var next: DeadLetterPosition?
  }

  private let service: DeadLetterService
  public let filter: DeadLetterFilter
  private let after: DeadLetterPosition
  private let through: DeadLetterPosition
  private let timeLimit: Duration

  /// - Parameters:
  ///   - after: behind which to begin.
  ///   - through: newer dead letters are left alone.
  public init(
    _ service: DeadLetterService, filter: DeadLetterFilter, after: DeadLetterPosition,
    through: DeadLetterPosition, timeLimit: Duration = DeadLetterBulkOperation.timeLimit
  ) {
    self.service = service
    self.filter = filter
    self.after = after
    self.through = through
    self.timeLimit = timeLimit
  }

  /// - Throws: `BusError`, or what the store of rows fails with.
  public func count() async throws -> Count {
    var count = Count(through: after)
    count.next = try await forEachBatch { ids in
      count.count += ids.count
      for id in ids { count.through.pass(id) }
    }
    return count
  }

  /// - Returns: what became of them, and where to go on, nil when there is no more.
  /// - Throws: `BusError`, or what the store of rows fails with; those before are replayed.
  public func replay() async throws -> (
    outcome: DeadLetterService.ReplayOutcome, next: DeadLetterPosition?
  ) {
    var outcome = DeadLetterService.ReplayOutcome()
    let next = try await forEachBatch { ids in
      let part = try await service.replay(ids)
      outcome.replayed += part.replayed
      outcome.stillInvalid += part.stillInvalid
    }
    return (outcome, next)
  }

  /// - Returns: how many were there, and where to go on, nil when there is no more.
  /// - Throws: `BusError`, or what the store of rows fails with; those before are purged.
  public func purge() async throws -> (purged: Int, next: DeadLetterPosition?) {
    var purged = 0
    let next = try await forEachBatch { purged += try await service.purge($0) }
    return (purged, next)
  }

  private func forEachBatch(
    _ body: ([DeadLetterID]) async throws -> Void
  ) async throws -> DeadLetterPosition? {
    let deadline = ContinuousClock.now + timeLimit
    var position = after
    var batch: [DeadLetterID] = []
    for try await entry in service.list(filter, after: after) {
      guard through.reaches(entry.id) else { continue }
      batch.append(entry.id)
      position.pass(entry.id)
      guard batch.count == Self.batchSize else { continue }
      try await body(batch)
      batch = []
      if ContinuousClock.now > deadline { return position }
    }
    if !batch.isEmpty { try await body(batch) }
    return nil
  }
}

/// How far something has come through the dead letters: those of two stores, each in its own order.
public struct DeadLetterPosition: Sendable, Equatable {
  public static let start = DeadLetterPosition(event: .zero, row: 0)
  public static let end = DeadLetterPosition(
    event: StreamID(milliseconds: .max, sequence: .max), row: .max)

  /// The last dead letter of the bus that was passed.
  public private(set) var event: StreamID
  /// The last row that BigQuery refused that was passed.
  public private(set) var row: Int64

  public init(event: StreamID, row: Int64) {
    self.event = event
    self.row = row
  }

  public mutating func pass(_ id: DeadLetterID) {
    switch id {
    case .event(let id): event = max(event, id)
    case .row(let number): row = max(row, number)
    }
  }

  /// Whether the dead letter is at this position or before it.
  func reaches(_ id: DeadLetterID) -> Bool {
    switch id {
    case .event(let id): id <= event
    case .row(let number): number <= row
    }
  }
}
