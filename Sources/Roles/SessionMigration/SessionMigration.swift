public import Sessions
import Synchronization

/// Moves the sessions of one store to another: reads each with its events, writes it, and looks whether it
/// changed meanwhile. Keeps a few sessions in memory, however many there are.
///
/// A session that is there already gets what it lacks, so that a second run changes nothing. One that has
/// events which the source has not was continued in the target: its state stays, and it gets the events
/// that it lacks.
public struct SessionMigration: Sendable {
  let source: any SessionStore
  let target: any SessionStore
  let options: MigrationOptions

  public init(source: any SessionStore, target: any SessionStore, options: MigrationOptions) {
    self.source = source
    self.target = target
    self.options = options
  }

  // MARK: The run

  /// Reads everything and writes nothing.
  ///
  /// - Throws: `SessionStoreError` when the source cannot be read.
  public func estimate() async throws -> MigrationEstimate {
    let estimate = Mutex(MigrationEstimate())
    var scopes = ScopeCarriers(source: source, target: target)
    try await forEachKey(&scopes, until: false) { key, _ in
      let reason: String?
      var count = 0
      var isRenamed = false
      do throws(SessionStoreError) {
        if let session = try await source.session(key, events: .all) {
          count = session.events.count
          reason = unfitness(session)
          isRenamed = targetID(of: key) == nil
        } else {
          reason = "it is gone"
        }
      } catch {
        reason = "\(error)"
      }
      estimate.withLock { estimate in
        if let reason {
          estimate.skipped[reason, default: 0] += 1
        } else {
          estimate.sessions += 1
          estimate.events += count
          if isRenamed { estimate.renamed += 1 }
        }
      }
    }
    var found = estimate.withLock { $0 }
    found.setDuration(options.writesPerMinute)
    return found
  }

  /// Moves everything.
  ///
  /// - Parameters:
  ///   - report: gets the state of things each second, and at the end.
  ///   - warn: gets a line for each session that is left out, without personal data.
  /// - Throws: `SessionStoreError` when the source cannot be read at the start; `MigrationError` when the
  ///   log cannot be written.
  public func run(
    report: @escaping @Sendable (MigrationProgress) -> Void = { _ in },
    warn: @escaping @Sendable (String) -> Void = { _ in }
  ) async throws -> MigrationResult {
    let finished = options.resumes ? try MigrationLog.finished(in: options.logPath) : []
    let log = try MigrationLog(path: options.logPath)
    let pacing = QuotaPacing(
      perMinute: options.writesPerMinute, slowDownWait: options.slowDownWait)
    let state = RunState()
    try await count(state, warn)
    let reporter = Task {
      while !Task.isCancelled {
        report(state.progress)
        try? await Task.sleep(for: .seconds(1))
      }
    }
    let mover = SessionMover(
      migration: self, log: log, pacing: pacing, finished: finished, state: state, warn: warn)
    var scopes = ScopeCarriers(source: source, target: target)
    do {
      try await forEachKey(&scopes, until: state.fatal != nil) { key, scopes in
        await mover.move(key, scopes: scopes)
      }
    } catch {
      state.fail("the source cannot be listed: \(error)")
    }
    // Nobody reports while the process ends.
    reporter.cancel()
    await reporter.value
    report(state.progress)
    var result = MigrationResult(progress: state.progress, fatal: state.fatal)
    result.slowDowns = pacing.slowDowns
    if result.fatal != nil, !options.keepsOnFailure {
      try await rollBack(log, pacing, &result)
    }
    return result
  }

  /// Counts the sessions, and says before anything is written which ids the target cannot hold.
  private func count(
    _ state: RunState, _ warn: (String) -> Void
  ) async throws(SessionStoreError) {
    var unfit = 0
    for try await page in pages() {
      state.add(total: page.count)
      for key in page where targetID(of: key) == nil { unfit += 1 }
    }
    guard unfit > 0 else { return }
    warn(
      options.idMap == nil
        ? "\(unfit) sessions have ids that \(target.name) cannot hold, and are left out; --map-ids gives them new ones"
        : "\(unfit) sessions have ids that \(target.name) cannot hold, and get new ones")
  }

  /// Removes what this run has made. Where the target refuses one removal for want of permission, it would
  /// refuse all.
  private func rollBack(
    _ log: MigrationLog, _ pacing: QuotaPacing, _ result: inout MigrationResult
  ) async throws {
    let created = try MigrationLog.created(in: log.path, by: log.run)
    for (place, (key, id)) in created.enumerated() {
      await pacing.pass(.session)
      do throws(SessionStoreError) {
        try await target.delete(SessionKey(user: key.user, id: id ?? key.id))
      } catch {
        if case .denied = error {
          result.left += created.count - place
          return
        }
        result.left += 1
        continue
      }
      try log.write(.init(outcome: .removed, key: key, target: id))
      result.removed += 1
    }
  }

  // MARK: What the parts share

  /// The id that the session has in the target, when it needs no new one; nil when the target cannot hold
  /// it.
  func targetID(of key: SessionKey) -> String? {
    if let known = options.idMap?.target(of: key), !target.capabilities.separatesUsers {
      return known
    }
    if source.name == "agent-engine", let old = options.idMap?.source(of: key) { return old }
    return isFit(key) ? key.id : nil
  }

  private func isFit(_ key: SessionKey) -> Bool {
    do throws(SessionStoreError) {
      try target.check(Session(key: key))
      return true
    } catch {
      return false
    }
  }

  /// Why the session stays where it is; nil when it is moved. What it holds is not looked at.
  func refusal(_ session: Session) -> String? {
    if session.isVoice, target.name == "agent-engine" { return "voice sessions stay in Firestore" }
    guard targetID(of: session.key) != nil || options.idMap != nil else {
      return "its id does not fit \(target.name)"
    }
    return nil
  }

  /// The same, and whether the target can hold all of it.
  func unfitness(_ session: Session) -> String? {
    do throws(SessionStoreError) {
      if let reason = refusal(session) { return reason }
      var copy = session
      copy.key = SessionKey(user: session.key.user, id: targetID(of: session.key) ?? "mapped")
      try target.check(copy)
      return nil
    } catch {
      return "\(error)"
    }
  }

  /// Calls `body` for each session of the source, several at a time.
  func forEachKey(
    _ carriers: inout ScopeCarriers, until isOver: @autoclosure () -> Bool,
    _ body: @escaping @Sendable (SessionKey, Set<SessionState.Scope>) async -> Void
  ) async throws(SessionStoreError) {
    var failure: SessionStoreError?
    await withTaskGroup(of: Void.self) { group in
      var underWay = 0
      do throws(SessionStoreError) {
        for try await page in pages() {
          for key in page {
            if isOver() { return }
            if underWay == options.concurrency {
              await group.next()
              underWay -= 1
            }
            let scopes = carriers.scopes(of: key)
            group.addTask { await body(key, scopes) }
            underWay += 1
          }
        }
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
  }

  private func pages() -> KeyPages { KeyPages(store: source, user: options.user) }
}

/// What the workers of a run have done.
final class RunState: Sendable {
  private let state = Mutex((progress: MigrationProgress(), fatal: String?.none))

  var progress: MigrationProgress { state.withLock { $0.progress } }
  var fatal: String? { state.withLock { $0.fatal } }

  func add(total: Int) { state.withLock { $0.progress.total += total } }

  func count(_ body: @Sendable (inout MigrationProgress) -> Void) {
    state.withLock { body(&$0.progress) }
  }

  /// The first reason counts.
  func fail(_ reason: String) { state.withLock { $0.fatal = $0.fatal ?? reason } }
}
