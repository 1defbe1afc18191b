/// A walk through the dead letters that are meant, for one request: it ends in bounded time, and tells
/// where to go on.
struct DeadLetterWalk: Sendable {
  /// How long one request works on letters.
  static let patience = Duration.seconds(10)
  private static let stride = 500

  let office: DeadLetterOffice
  let filter: DeadLetterFilter
  let after: DeadLetterPlace
  /// Newer letters are left alone.
  let through: DeadLetterPlace
  var patience = DeadLetterWalk.patience

  /// How many letters a walk met, and how far it came.
  struct Count: Sendable {
    var letters = 0
    /// The last letter of each store that was counted.
    var through: DeadLetterPlace
    /// Where to go on; nil when there is no more.
    var next: DeadLetterPlace?
  }

  /// - Throws: `BusError`, or `PostgresError`.
  func count() async throws -> Count {
    var count = Count(through: after)
    count.next = try await forEachPart { ids in
      count.letters += ids.count
      for id in ids { count.through.pass(id) }
    }
    return count
  }

  /// - Returns: what became of the letters, and where to go on, nil when there is no more.
  /// - Throws: `BusError`, or `PostgresError`; those before are replayed.
  func replay() async throws -> (outcome: DeadLetterOffice.ReplayOutcome, next: DeadLetterPlace?) {
    var outcome = DeadLetterOffice.ReplayOutcome()
    let next = try await forEachPart { ids in
      let part = try await office.replay(ids)
      outcome.replayed += part.replayed
      outcome.stillInvalid += part.stillInvalid
    }
    return (outcome, next)
  }

  /// - Returns: how many letters were there, and where to go on, nil when there is no more.
  /// - Throws: `BusError`, or `PostgresError`; those before are purged.
  func purge() async throws -> (purged: Int, next: DeadLetterPlace?) {
    var purged = 0
    let next = try await forEachPart { purged += try await office.purge($0) }
    return (purged, next)
  }

  private func forEachPart(
    _ body: ([DeadLetterID]) async throws -> Void
  ) async throws -> DeadLetterPlace? {
    let deadline = ContinuousClock.now + patience
    var place = after
    var part: [DeadLetterID] = []
    for try await entry in office.entries(filter, after: after) {
      guard through.reaches(entry.id) else { continue }
      part.append(entry.id)
      place.pass(entry.id)
      guard part.count == Self.stride else { continue }
      try await body(part)
      part = []
      if ContinuousClock.now > deadline { return place }
    }
    if !part.isEmpty { try await body(part) }
    return nil
  }
}
