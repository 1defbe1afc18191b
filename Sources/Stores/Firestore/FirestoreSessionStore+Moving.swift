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
      first, with: scopeWrites(session, session.key, scopes), session.events, of: session.key,
      pacing, made: made)
  }

  public func bring(
    _ stored: Session, to session: Session, lacking: [SessionEvent],
    scopes: Set<SessionState.Scope>, pacing: any WritePacing
  ) async throws(SessionStoreError) -> Bool {
    let key = stored.key
    for event in lacking { try check(eventID: event.id) }
    // Events first: whoever is killed between finds the state different, and comes again. They leave the
    // session's own document alone, so that its precondition still holds.
    if !lacking.isEmpty { try await write(nil, with: [], lacking, of: key, pacing) }
    let scopeWrites = try await scopeWrites(session, key, scopes)
    guard stored.state.session != session.state.session || !scopeWrites.isEmpty || !lacking.isEmpty
    else { return false }
    await pacing.pass(.session)
    var fields = ["state": try encode(session.state.session)]
    if let time = session.updateTime { fields[layout.updateTimeField] = layout.timeValue(time) }
    let write = FirestoreWrite.merge(
      layout.session(key), fields, increments: layout.hasRevision ? ["revision"] : [],
      if: .updateTime(stored.version))
    _ = try await call { () async throws(GoogleCallError) in
      try await database.commit([write] + scopeWrites)
    }
    return true
  }

  /// Writes of the states of app and user that came with a session. What was written here after the session
  /// last changed elsewhere counts, document by document: Firestore has no times of single fields.
  private func scopeWrites(
    _ session: Session, _ key: SessionKey, _ scopes: Set<SessionState.Scope>
  ) async throws(SessionStoreError) -> [FirestoreWrite] {
    var state = session.state.limited(to: scopes)
    guard !state.app.isEmpty || !state.user.isEmpty else { return [] }
    let places = [layout.appState, layout.userState(key.user)]
    let documents = try await call { () async throws(GoogleCallError) in
      try await database.documents(places)
    }
    func lacking(_ fields: [String: SessionValue], in place: FirestorePath)
      -> [String: SessionValue]
    {
      guard let document = documents[place] else { return fields }
      let isNewer =
        session.updateTime.map { moment(document.updateTime) > $0 } ?? false
      return fields.filter { name, value in
        document.fields[name].map { !isNewer && $0 != value } ?? true
      }
    }
    state.app = lacking(state.app, in: places[0])
    state.user = lacking(state.user, in: places[1])
    return scopeWrites(state, key)
  }

  public func add(
    _ late: [LateEvent], to key: SessionKey, pacing: any WritePacing
  ) async throws(SessionStoreError) {
    for late in late {
      await pacing.pass(.append)
      try await append(late.event, applying: SessionState(prefixed: late.delta), to: key)
    }
  }

  /// Makes `first`, where there is one, and writes the events, as many commits as their number and size need. An event that
  /// has the time of the one before begins a commit of its own.
  private func write(
    _ first: FirestoreWrite?, with others: [FirestoreWrite], _ events: [SessionEvent],
    of key: SessionKey, _ pacing: any WritePacing, made: () -> Void = {}
  ) async throws(SessionStoreError) {
    var writes = ((first.map { [$0] } ?? []) + others).map(database.encode)
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
        try await commit(writes, making: isMade ? nil : first, pacing)
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
    try await commit(writes, making: isMade ? nil : first, pacing)
    if !isMade { made() }
  }

  private func commit(
    _ writes: [[UInt8]], making first: FirestoreWrite?, _ pacing: any WritePacing
  ) async throws(SessionStoreError) {
    await pacing.pass(.session)
    try await call { () async throws(GoogleCallError) in
      try await database.commit(encoded: writes, making: first)
    }
  }
}
