import Events
import GoogleCalls
import Sessions

// The events of a session, and queries of many pages.
extension FirestoreSessionStore {
  func readEvents(
    of key: SessionKey, _ selection: EventSelection
  ) async throws(SessionStoreError) -> [SessionEvent] {
    var query = FirestoreQuery("events", below: layout.session(key))
    query.order = ["timestamp"]
    switch selection {
    case .none: return []
    case .recent(let count) where count <= 0: return []
    case .all: break
    case .since(let moment): query.filters = [since(moment)]
    case .recent(let count):
      // Of events of one time the names decide here, and later the order in which they came.
      query.isDescending = true
      query.limit = count
      query.fields = ["timestamp"]
      let last = try await call { () async throws(GoogleCallError) in
        try await database.query(query)
      }
      guard let value = last.last?.fields["timestamp"] else { return [] }
      query = FirestoreQuery("events", below: layout.session(key))
      query.order = ["timestamp"]
      query.filters = [.init("timestamp", .atLeast, value)]
    }
    query.limit = Self.documentsPerPage
    var events: [(event: SessionEvent, createTime: String)] = []
    try await forEachPage(&query) { documents throws(SessionStoreError) in
      for document in documents {
        do throws(SessionValueError) {
          events.append((try layout.decodeEvent(document), document.createTime))
        } catch {
          throw SessionStoreError.unreadable("\(error)")
        }
      }
    }
    // The query has them by time and name.
    let ordered = events.enumerated().sorted { left, right in
      if left.element.event.timestamp != right.element.event.timestamp {
        return left.element.event.timestamp < right.element.event.timestamp
      }
      let times = (moment(left.element.createTime), moment(right.element.createTime))
      return times.0 == times.1 ? left.offset < right.offset : times.0 < times.1
    }
    return selection.apply(to: ordered.map(\.element.event))
  }

  func moment(_ text: String) -> Timestamp {
    Timestamp(rfc3339: text.utf8) ?? Timestamp(microseconds: 0)
  }

  private func since(_ moment: Timestamp) -> FirestoreQuery.Filter {
    guard layout.kind == .package else {
      return .init("timestamp", .atLeast, .timestamp(moment))
    }
    // Seconds as a double have parts of a microsecond, which a timestamp rounds.
    return .init("timestamp", .atLeast, .double(moment.seconds - 0.000_001))
  }

  /// Hands over page after page of a query, which has a limit.
  func forEachPage(
    _ query: inout FirestoreQuery,
    _ body: ([FirestoreDocument]) throws(SessionStoreError) -> Void
  ) async throws(SessionStoreError) {
    while true {
      let page = query
      let documents = try await call { () async throws(GoogleCallError) in
        try await database.query(page)
      }
      try body(documents)
      guard documents.count == query.limit, let last = documents.last else { return }
      query.after = (query.order.compactMap { last.fields[$0] }, last.path)
    }
  }
}
