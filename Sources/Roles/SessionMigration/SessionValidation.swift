public import Sessions
import Synchronization

/// Compares all sessions of two stores and changes nothing.
public struct SessionValidation: Sendable {
  let source: any SessionStore
  let target: any SessionStore
  let options: MigrationOptions

  /// - Parameter options: the user, the concurrency and the table of ids count.
  public init(source: any SessionStore, target: any SessionStore, options: MigrationOptions) {
    self.source = source
    self.target = target
    self.options = options
  }

  /// - Throws: `SessionStoreError` when one of the stores cannot be listed.
  public func run() async throws -> ValidationReport {
    let migration = SessionMigration(source: source, target: target, options: options)
    let report = Mutex(
      ValidationReport(
        source: source.name, target: target.name,
        capabilities: source.capabilities.shared(with: target.capabilities)))
    let expected = Mutex<Set<SessionDigest>>([])
    var carriers = ScopeCarriers(source: source, target: target)
    try await migration.forEachKey(&carriers, until: false) { key, scopes in
      let id = migration.targetID(of: key) ?? key.id
      let targetKey = SessionKey(user: key.user, id: id)
      expected.withLock { _ = $0.insert(SessionDigest(targetKey)) }
      let found = await self.compare(key, targetKey, scopes, migration)
      report.withLock { $0.add(found, of: key) }
    }
    let known = expected.withLock { $0 }
    for try await page in KeyPages(store: target, user: options.user) {
      for key in page {
        report.withLock { report in
          report.targetSessions += 1
          if !known.contains(SessionDigest(key)) {
            report.add(.compared([.init(.extra)]), of: key)
          }
        }
      }
    }
    return report.withLock { $0 }
  }

  /// What became of one session of the source.
  enum Finding {
    /// Equal when there is nothing.
    case compared([SessionDifference])
    /// It stays where it is, and why.
    case leftOut(String)
  }

  private func compare(
    _ key: SessionKey, _ targetKey: SessionKey, _ scopes: Set<SessionState.Scope>,
    _ migration: SessionMigration
  ) async -> Finding {
    var session: Session
    do throws(SessionStoreError) {
      guard let found = try await source.session(key, events: .all) else {
        return .leftOut("it is gone")
      }
      session = found
    } catch {
      // What is no session cannot be moved. A call that failed says nothing of the session.
      if case .unreadable = error { return .leftOut("\(error)") }
      return .compared([.init(.unreadable, "\(error)")])
    }
    if session.isVoice, target.name == "agent-engine" {
      return .leftOut(migration.refusal(session) ?? "")
    }
    do throws(SessionStoreError) {
      guard let copy = try await target.session(targetKey, events: .all) else {
        return missing(session, migration)
      }
      session.events = session.events.filter { !$0.isPartial }.map(\.withoutTemporaryState)
      return .compared(
        SessionComparison.compare(
          session, with: copy, scopes: scopes,
          capabilities: source.capabilities.shared(with: target.capabilities)))
    } catch {
      return .compared([.init(.unreadable, "\(error)")])
    }
  }

  /// A session that has no copy. An id that does not fit is no reason to be left out: it can be mapped.
  private func missing(_ session: Session, _ migration: SessionMigration) -> Finding {
    if let reason = migration.refusal(session) { return .compared([.init(.missing, reason)]) }
    if let reason = migration.unfitness(session) { return .leftOut(reason) }
    return .compared([.init(.missing)])
  }
}
