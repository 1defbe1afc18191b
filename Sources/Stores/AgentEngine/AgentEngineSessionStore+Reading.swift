import CurlTransport
import Events
import GoogleCalls
import HTTPTypes
public import Sessions

// Sessions and events, read page by page.
extension AgentEngineSessionStore {
  /// The default and the most of the API.
  private static let pageSize = 100

  public func session(
    _ key: SessionKey, events: EventSelection
  ) async throws(SessionStoreError) -> Session? {
    guard SessionIDMap.isAgentEngineID(key.id) else { return nil }
    async let ask = result { () async throws(SessionStoreError) in
      try await readEvents(of: key, events)
    }
    let found: SessionValue
    do throws(SessionStoreError) {
      found = try await call(GoogleCall(.get, path(key)))
    } catch .missing {
      _ = await ask
      return nil
    }
    let asked = await ask
    // Ids are unique in the whole engine.
    guard found["userId"]?.text?.utf8.elementsEqual(key.user.utf8) == true else { return nil }
    var session = decode(found, key)
    session.events = try asked.get()
    return session
  }

  public func sessions(of user: String) async throws(SessionStoreError) -> [Session] {
    // AIP-160: quotes and backslashes of a literal are escaped.
    let literal = user.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    var sessions: [Session] = []
    var token: String?
    repeat {
      let page = try await call(
        GoogleCall(
          .get,
          folder
            + QueryString.encode(
              [("filter", "user_id=\"\(literal)\""), ("pageSize", "\(Self.pageSize)")]
                + (token.map { [("pageToken", $0)] } ?? []))))
      for value in page["sessions"]?.elements ?? [] {
        guard let key = key(of: value), key.user.utf8.elementsEqual(user.utf8) else { continue }
        sessions.append(decode(value, key))
      }
      token = Self.next(page)
    } while token != nil
    return sessions
  }

  /// The session that was made last comes first.
  public func keys(after cursor: String?) async throws(SessionStoreError) -> SessionKeyPage {
    let page = try await list(
      GoogleCall(
        .get,
        folder
          + QueryString.encode(
            [
              ("orderBy", "create_time desc"), ("pageSize", "\(Self.pageSize)"),
              ("fields", "sessions(name,userId),nextPageToken"),
            ] + (cursor.map { [("pageToken", $0)] } ?? []))))
    return SessionKeyPage(
      keys: (page["sessions"]?.elements ?? []).compactMap(key(of:)), cursor: Self.next(page))
  }

  private func list(_ call: GoogleCall) async throws(SessionStoreError) -> SessionValue {
    do throws(SessionStoreError) { return try await self.call(call) } catch .missing {
      throw .denied("there is no such Agent Engine")
    }
  }

  func readEvents(
    of key: SessionKey, _ selection: EventSelection
  ) async throws(SessionStoreError) -> [SessionEvent] {
    var filter: String?
    switch selection {
    case .none: return []
    case .recent(let count) where count <= 0: return []
    case .since(let moment): filter = "timestamp>=\"\(moment)\""
    case .all, .recent: break
    }
    var events: [(event: SessionEvent, order: Int64)] = []
    var token: String?
    repeat {
      let page: SessionValue
      do throws(SessionStoreError) {
        page = try await call(
          GoogleCall(
            .get,
            path(key) + "/events"
              + QueryString.encode(
                [("pageSize", "\(Self.pageSize)")] + (filter.map { [("filter", $0)] } ?? [])
                  + (token.map { [("pageToken", $0)] } ?? []))))
      } catch .missing {
        return []
      }
      for value in page["sessionEvents"]?.elements ?? [] {
        do throws(SessionValueError) { events.append(try AgentEngineEvent.decode(value)) } catch {
          throw .unreadable("\(error)")
        }
      }
      token = Self.next(page)
    } while token != nil
    let ordered = events.enumerated().sorted { left, right in
      let (a, b) = (left.element, right.element)
      if a.event.timestamp != b.event.timestamp { return a.event.timestamp < b.event.timestamp }
      return a.order == b.order ? left.offset < right.offset : a.order < b.order
    }
    // ADK stores parts of answers that are still coming.
    return selection.apply(
      to: ordered.map { $0.element.event.withoutTemporaryState }.filter { !$0.isPartial })
  }

  func decode(_ value: SessionValue, _ key: SessionKey) -> Session {
    let state = value["sessionState"].map(StructForm.decode)?.members ?? [:]
    return Session(
      key: key, state: SessionState(prefixed: state),
      createTime: value["createTime"]?.text.flatMap { Timestamp(rfc3339: $0.utf8) },
      updateTime: value["updateTime"]?.text.flatMap { Timestamp(rfc3339: $0.utf8) },
      version: value["updateTime"]?.text ?? "")
  }

  private func key(of value: SessionValue) -> SessionKey? {
    guard let user = value["userId"]?.text, let name = value["name"]?.text,
      let id = name.split(separator: "/").last
    else { return nil }
    return SessionKey(user: user, id: String(id))
  }

  private static func next(_ page: SessionValue) -> String? {
    page["nextPageToken"]?.text.flatMap { $0.isEmpty ? nil : $0 }
  }

  private func result<Value: Sendable>(
    _ body: () async throws(SessionStoreError) -> Value
  ) async -> Result<Value, SessionStoreError> {
    do throws(SessionStoreError) { return .success(try await body()) } catch {
      return .failure(error)
    }
  }
}
