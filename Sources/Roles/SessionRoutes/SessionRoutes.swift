import Events
import Foundation
import HTTPServer
import HTTPTypes
public import Hummingbird
import Logging
import NIOCore
public import Observability
public import Sessions

/// Sessions over HTTP, each user's from the store that the routing names. Voice sessions are asked for with
/// `kind=voice`.
public struct SessionRoutes: Sendable {
  /// The largest body, in bytes: more than Firestore takes for a document.
  private static let bodyLimit = 2 << 20

  private let sessions: SessionRouter?
  private let audit: (any AuditLog)?

  /// - Parameters:
  ///   - sessions: nil where no store is set up: every request is answered with 503.
  ///   - audit: where deletions are noted; nil where there is no database.
  public init(sessions: SessionRouter?, audit: (any AuditLog)? = nil) {
    self.sessions = sessions
    self.audit = audit
  }

  public func add<Context: RequestContext>(to router: some RouterMethods<Context>) {
    let routes = router.group("/api/v1/users/:user/sessions")
    routes.get { request, context in
      try await answer(request, context) { call in
        let found = try await call.router.sessions(of: call.user, isVoice: call.isVoice)
        return .map([
          "sessions": .array(
            found.sorted(by: SessionAnswer.isOlder).map {
              SessionAnswer.encode($0, withEvents: false)
            })
        ])
      }
    }
    routes.post { request, context in
      try await answer(request, context, status: .created) { call in
        let body = try await Self.body(request)
        let state = SessionState(prefixed: body["state"]?.members ?? [:])
        let id = body["id"]?.text
        let made = try await call.router.create(
          SessionKey(user: call.user, id: id ?? SessionAnswer.newID()), state: state,
          isVoice: call.isVoice, isNewID: id == nil)
        return SessionAnswer.encode(made, withEvents: false)
      }
    }
    routes.get(":id") { request, context in
      try await answer(request, context) { call in
        let recent = try call.parameters.integer("recent", in: 0...10_000, default: -1)
        guard
          let found = try await call.router.session(
            try call.key(), events: recent < 0 ? .all : .recent(recent), isVoice: call.isVoice)
        else { throw SessionStoreError.missing }
        return SessionAnswer.encode(found, withEvents: true)
      }
    }
    routes.delete(":id") { request, context in
      try await answer(request, context) { call in
        let key = try call.key()
        guard let audit else {
          try await call.router.delete(key, isVoice: call.isVoice)
          return .map(["deleted": .boolean(true)])
        }
        // Whose it was is personal, and so may be its id.
        try await audit.record(
          AuditedAct("sessions.delete"), count: { _ in 1 },
          onLostEnd: { error in
            context.logger.error(
              "a session is deleted, and that is missing from the audit log",
              metadata: ["error": "\(error.reason)"])
          }, { try await call.router.delete(key, isVoice: call.isVoice) })
        return .map(["deleted": .boolean(true)])
      }
    }
    routes.post(":id/events") { request, context in
      try await answer(request, context, status: .created) { call in
        var object = try await Self.body(request)
        if object["id"] == nil { object["id"] = .string(SessionAnswer.newID()) }
        let event: SessionEvent
        do throws(SessionValueError) {
          event = try SessionEvent(
            object: object, timestamp: object["timestamp"] == nil ? .now() : nil)
        } catch {
          throw Problem.badRequest("\(error)")
        }
        try await call.router.append(event, to: try call.key(), isVoice: call.isVoice)
        return .map(["id": .string(event.id)])
      }
    }
  }

  /// What a request asks for.
  private struct Call {
    let router: SessionRouter
    let parameters: RequestParameters
    let path: Parameters
    let user: String
    let isVoice: Bool

    func key() throws(Problem) -> SessionKey {
      SessionKey(user: user, id: try SessionRoutes.segment("id", path))
    }
  }

  private func answer(
    _ request: Request, _ context: some RequestContext, status: HTTPResponse.Status = .ok,
    _ body: (Call) async throws -> SessionValue
  ) async throws -> Response {
    do {
      guard let sessions else {
        throw Problem(
          status: .serviceUnavailable,
          detail: "sessions are not set up: no project of Firestore is named")
      }
      let parameters = try RequestParameters(request, context)
      let kind = try parameters.text("kind", maximumLength: 16)
      guard kind == nil || kind == "voice" else { throw Problem.badRequest("kind may be voice") }
      let call = Call(
        router: sessions, parameters: parameters,
        path: context.parameters, user: try Self.segment("user", context.parameters),
        isVoice: kind != nil)
      return SessionAnswer.response(try await body(call), status)
    } catch let problem as Problem {
      return problem.response()
    } catch let error as AuditError {
      context.logger.error("the audit log cannot be written", metadata: ["error": "\(error)"])
      return Problem(status: .serviceUnavailable, detail: "\(error)").response()
    } catch let error as SessionStoreError {
      if case .denied = error {
        context.logger.error("a store of sessions refuses us", metadata: ["error": "\(error)"])
      }
      return SessionAnswer.problem(of: error).response()
    }
  }

  /// A segment of the path as it was sent: stores keep texts apart that differ in their normal form, and so
  /// does the routing.
  fileprivate static func segment(_ name: String, _ path: Parameters) throws(Problem) -> String {
    guard let value = path.get(name)?.removingPercentEncoding else {
      throw .badRequest("\(name) is not percent-encoded UTF-8")
    }
    guard (1...1_500).contains(value.utf8.count), !value.utf8.contains(0) else {
      throw .badRequest("\(name) must have 1 to 1,500 bytes, none of them NUL")
    }
    return value
  }

  private static func body(_ request: Request) async throws -> [String: SessionValue] {
    let buffer = try await request.jsonBody(upTo: bodyLimit)
    do throws(SessionValueError) {
      if let members = try SessionValue(json: buffer.readableBytesView).members { return members }
    } catch {
      throw Problem.badRequest("the body is \(error)")
    }
    throw Problem.badRequest("the body must be a JSON object")
  }
}

/// How sessions and their errors look over HTTP.
enum SessionAnswer {
  static func encode(_ session: Session, withEvents: Bool) -> SessionValue {
    var members: [String: SessionValue] = [
      "id": .string(session.key.id), "user": .string(session.key.user),
      "state": .map(session.state.prefixed),
      "create_time": session.createTime.map { .string($0.description) } ?? .null,
      "update_time": session.updateTime.map { .string($0.description) } ?? .null,
    ]
    if withEvents { members["events"] = .array(session.events.map { .map($0.object) }) }
    return .map(members)
  }

  /// An id that every store takes.
  static func newID() -> String {
    EventID.random().description
  }

  static func isOlder(_ left: Session, _ right: Session) -> Bool {
    let times = (left.createTime?.microseconds ?? 0, right.createTime?.microseconds ?? 0)
    return times.0 == times.1 ? left.key.id < right.key.id : times.0 < times.1
  }

  static func response(_ value: SessionValue, _ status: HTTPResponse.Status) -> Response {
    Response(
      status: status,
      headers: [
        .contentType: "application/json", .cacheControl: "no-store",
        .xContentTypeOptions: "nosniff",
      ], body: .init(byteBuffer: ByteBuffer(bytes: value.json)))
  }

  static func problem(of error: SessionStoreError) -> Problem {
    switch error {
    case .exists: Problem(status: .conflict, detail: "\(error)")
    case .missing: .notFound("\(error)")
    case .unfit: Problem(status: .unprocessableContent, detail: "\(error)")
    case .unreadable, .refused: Problem(status: .internalServerError, detail: "\(error)")
    case .denied:
      Problem(status: .serviceUnavailable, detail: "the store of sessions refuses the server")
    case .stale, .throttled, .unavailable:
      Problem(status: .serviceUnavailable, detail: "\(error)", retryAfter: 1)
    }
  }
}
