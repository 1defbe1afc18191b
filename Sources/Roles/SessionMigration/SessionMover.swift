import Events
import Sessions
import Synchronization

/// Moves one session.
struct SessionMover: Sendable {
  /// How often one session is tried while others get in the way. A write that fails by itself was tried three
  /// times by its store.
  private static let tries = 3
  /// How often a session is read anew because it changed while it was moved.
  private static let rounds = 5

  let migration: SessionMigration
  let log: MigrationLog
  let pacing: QuotaPacing
  /// Sessions that the log has, with the versions that they had then.
  let finished: Set<SessionDigest>
  let state: RunState
  let warn: @Sendable (String) -> Void

  private var source: any SessionStore { migration.source }
  private var target: any SessionStore { migration.target }

  /// What came of it.
  private enum Outcome {
    case resumed
    case written(MigrationLog.Record.Outcome, version: String, events: Int)
    case skipped(String)
  }

  func move(_ key: SessionKey, scopes: Set<SessionState.Scope>) async {
    var failures = 0
    var hasMade = false
    while true {
      do throws(SessionStoreError) {
        settle(key, try await attempt(key, scopes, &hasMade))
        return
      } catch {
        switch error {
        case .denied(let why):
          state.fail(why)
          return record(key, .failed, reason: why)
        case .stale, .exists, .missing:
          failures += 1
          guard failures < Self.tries, state.fatal == nil else {
            return record(key, .failed, reason: "\(error)")
          }
          // A session is rarely tried again, so that the pause costs nothing.
          try? await Task.sleep(for: migration.options.retryDelay * failures)
        // What does not fit now will not fit the next time.
        case .unfit, .unreadable: return settle(key, .skipped("\(error)"))
        case .refused, .unavailable, .throttled: return record(key, .failed, reason: "\(error)")
        }
      }
    }
  }

  /// - Parameter hasMade: whether this run has made the session, perhaps in an attempt that failed later.
  private func attempt(
    _ key: SessionKey, _ scopes: Set<SessionState.Scope>, _ hasMade: inout Bool
  ) async throws(SessionStoreError) -> Outcome {
    if !finished.isEmpty {
      guard let session = try await source.session(key, events: .none) else {
        return .skipped("it is gone")
      }
      if finished.contains(SessionDigest(key, version: session.version)) { return .resumed }
    }
    var outcome = MigrationLog.Record.Outcome.unchanged
    var last: Session?
    for _ in 0..<Self.rounds {
      guard let session = try await source.session(key, events: .all) else {
        return try await gone(key, hasMade)
      }
      if let reason = migration.refusal(session) { return .skipped(reason) }
      var id = try targetID(of: key)
      var written = try await write(session, as: id, scopes, &hasMade)
      if written == .taken, id == key.id, let map = migration.options.idMap {
        id = try mapped(key, map)
        written = try await write(session, as: id, scopes, &hasMade)
      }
      switch written {
      case .doubled: return .skipped("the target has an event more than once")
      case .taken: return .skipped("its id is taken by another user's session")
      case .created: outcome = .migrated
      case .brought: if outcome == .unchanged { outcome = .updated }
      case .same: break
      }
      last = session
      // Only what was written takes long enough for a change.
      if written == .same { break }
      guard let now = try await source.session(key, events: .none) else {
        return try await gone(key, hasMade)
      }
      if now.version == session.version { break }
    }
    if hasMade { outcome = .migrated }
    return .written(outcome, version: last?.version ?? "", events: last?.events.count ?? 0)
  }

  /// A session that was deleted while it was moved must not live on as its copy.
  private func gone(
    _ key: SessionKey, _ hasMade: Bool
  ) async throws(SessionStoreError) -> Outcome {
    guard hasMade else { return .skipped("it is gone") }
    let id = try targetID(of: key)
    await pacing.pass(.session)
    try await target.delete(SessionKey(user: key.user, id: id))
    note(.init(outcome: .removed, key: key, target: id == key.id ? nil : id))
    return .skipped("it was deleted meanwhile")
  }

  private enum Written {
    case created, brought, same, taken, doubled
  }

  /// Makes the session; when it is there already, gives it what it lacks.
  private func write(
    _ session: Session, as id: String, _ scopes: Set<SessionState.Scope>, _ hasMade: inout Bool
  ) async throws(SessionStoreError) -> Written {
    var copy = session
    copy.key = SessionKey(user: session.key.user, id: id)
    copy.events = session.events.filter { !$0.isPartial }.map(\.withoutTemporaryState)
    let isMade = Mutex(false)
    do throws(SessionStoreError) {
      try await target.restore(copy, scopes: scopes, pacing: pacing) {
        isMade.withLock { $0 = true }
        note(.init(outcome: .created, key: session.key, target: id == session.key.id ? nil : id))
      }
      hasMade = true
      return .created
    } catch {
      if isMade.withLock({ $0 }) { hasMade = true }
      guard error == .exists else { throw error }
    }
    guard let stored = try await target.session(copy.key, events: .all) else { return .taken }
    guard Set(stored.events.map(\.id)).count == stored.events.count else { return .doubled }
    let ids = Set(copy.events.map(\.id))
    let there = Set(stored.events.map(\.id))
    let lacking = copy.events.filter { !there.contains($0.id) }
    guard stored.events.allSatisfy({ ids.contains($0.id) }) else {
      // It has gone on in the target: its state counts, and what the source still got has its place by time.
      guard !lacking.isEmpty else { return .same }
      try await target.add(
        LateEvent.make(lacking, scopes: scopes, behind: stored.events), to: copy.key, pacing: pacing
      )
      return .brought
    }
    var differences = SessionComparison.compare(
      copy, with: stored, scopes: scopes, capabilities: target.capabilities)
    // Times follow whatever else is written.
    differences.removeAll { $0.kind == .createTime || $0.kind == .updateTime }
    guard !differences.isEmpty else { return .same }
    if differences.contains(where: { $0.kind == .eventContent || $0.kind == .eventTime }) {
      throw .unfit("an event that is there already differs, and cannot be changed")
    }
    return try await target.bring(
      stored, to: copy, lacking: lacking, scopes: scopes, pacing: pacing) ? .brought : .same
  }

  private func targetID(of key: SessionKey) throws(SessionStoreError) -> String {
    if let id = migration.targetID(of: key) { return id }
    guard let map = migration.options.idMap else { throw .unfit("its id does not fit") }
    return try mapped(key, map)
  }

  private func mapped(
    _ key: SessionKey, _ map: SessionIDMap
  ) throws(SessionStoreError) -> String {
    do { return try map.map(key) } catch { throw .denied("the table of ids: \(error)") }
  }

  // MARK: The account of it

  private func settle(_ key: SessionKey, _ outcome: Outcome) {
    switch outcome {
    case .resumed: state.count { $0.resumed += 1 }
    case .skipped(let reason):
      record(key, .skipped, reason: reason)
      warn("session \(key.shownID) of user \(key.userPseudonym) is left out: \(reason)")
    case .written(let written, let version, let events):
      note(.init(outcome: written, key: key, version: version, events: events))
      state.count { progress in
        progress.events += events
        switch written {
        case .migrated: progress.migrated += 1
        case .updated: progress.updated += 1
        default: progress.unchanged += 1
        }
      }
    }
  }

  private func record(
    _ key: SessionKey, _ outcome: MigrationLog.Record.Outcome, reason: String
  ) {
    note(.init(outcome: outcome, key: key, reason: reason))
    state.count { progress in
      if outcome == .failed { progress.failed += 1 } else { progress.skipped += 1 }
    }
  }

  /// A log that cannot be written makes a roll-back impossible.
  private func note(_ record: MigrationLog.Record) {
    do { try log.write(record) } catch { state.fail("the log cannot be written: \(error)") }
  }
}
