import Concurrency
import Events
import GoogleCalls
public import Sessions

// Sessions that come from elsewhere, in as few commits as they need.
extension FirestoreSessionStore {
  public func check(_ session: Session) throws(SessionStoreError) {
    try check(session.key)
    for event in session.events { try check(eventID: event.id) }
    _ = try encode(session.state.session)
  }

  public func restore(
    _ session: Session, scopes: Set<SessionState.Scope>, pacing: any WritePacing,
    made: @Sendable () -> Void
  ) async throws(SessionStoreError) {
    try check(session)
    var fields = layout.fields(of: session.key)
    fields["state"] = try encode(session.state.session)
    let now = Timestamp.now()
    fields[layout.updateTimeField] = layout.timeValue(session.updateTime ?? now)
    if layout.kind != .package {
      fields["createTime"] = layout.timeValue(session.createTime ?? now)
    }
    let first = FirestoreWrite.set(layout.session(session.key), fields, if: .exists(false))
    try await write(
      [first] + scopeWrites(session.state.limited(to: scopes), session.key), session.events,
      of: session.key, pacing, made: made)
  }

  public func bring(
    _ key: SessionKey, to session: Session, lacking: [SessionEvent],
    scopes: Set<SessionState.Scope>, pacing: any WritePacing
  ) async throws(SessionStoreError) {
    for event in lacking { try check(eventID: event.id) }
    // Events first: whoever is killed between finds the state different, and comes again.
    if !lacking.isEmpty { try await write([], lacking, of: key, pacing) }
    var retries = Retries(
      Backoff(first: .milliseconds(20), longest: .seconds(1), jitter: .full))
    let state = try encode(session.state.session)
    while true {
      await pacing.pass(.session)
      let path = layout.session(key)
      let documents = try await call { () async throws(GoogleCallError) in
        try await database.documents([path])
      }
      guard let document = documents[path], layout.key(of: document) == key else { throw .missing }
      var fields = ["state": state]
      if layout.hasRevision { fields["revision"] = .integer(revision(of: document) + 1) }
      if let time = session.updateTime { fields[layout.updateTimeField] = layout.timeValue(time) }
      let writes =
        [FirestoreWrite.merge(path, fields, if: .updateTime(document.updateTime))]
        + scopeWrites(session.state.limited(to: scopes), key)
      do throws(SessionStoreError) {
        _ = try await call { () async throws(GoogleCallError) in try await database.commit(writes) }
        return
      } catch {
        guard error == .stale, retries.failures < 12 else { throw error }
      }
      try? await Task.sleep(for: retries.failed())
    }
  }

  /// Makes `first` and writes the events, as many commits as their number and size need. An event that
  /// has the time of the one before begins a commit of its own.
  private func write(
    _ first: [FirestoreWrite], _ events: [SessionEvent], of key: SessionKey,
    _ pacing: any WritePacing, made: () -> Void = {}
  ) async throws(SessionStoreError) {
    var writes = first.map(database.encode)
    var size = writes.reduce(0) { $0 + $1.count }
    var last: Timestamp?
    var isMade = false
    for event in events where !event.isPartial {
      let event = event.withoutTemporaryState
      let encoded = database.encode(
        .set(
          layout.session(key).appending("events", event.id), layout.encode(event, of: key)))
      if event.timestamp == last || writes.count == FirestoreDatabase.writesPerCommit
        || !writes.isEmpty && size + encoded.count > FirestoreDatabase.bytesPerCommit
      {
        try await commit(writes, pacing)
        if !isMade { made() }
        isMade = true
        writes = []
        size = 0
      }
      last = event.timestamp
      size += encoded.count
      writes.append(encoded)
    }
    guard !writes.isEmpty else { return }
    try await commit(writes, pacing)
    if !isMade { made() }
  }

  private func commit(
    _ writes: [[UInt8]], _ pacing: any WritePacing
  ) async throws(SessionStoreError) {
    await pacing.pass(.session)
    _ = try await call { () async throws(GoogleCallError) in
      try await database.commit(encoded: writes)
    }
  }
}
