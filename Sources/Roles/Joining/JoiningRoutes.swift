public import Access
public import CoreMetrics
import Events
import Foundation
public import HTTPServer
import HTTPTypes
public import Hummingbird
import JSONText
import Logging
import NIOCore
public import Observability
import PostgresDriver

/// How a class joins by a code: a teacher makes one for a lesson, whoever types it becomes a learner of the course.
public struct JoiningRoutes: Sendable {
  /// Signs a token with which a learner sends events into a course.
  public typealias TokenIssuer =
    @Sendable (
      _ id: String, _ learner: String, _ course: String, _ seconds: Int
    ) throws -> String

  /// How long a token is good after its code has ended, in seconds: what was recorded without a network still arrives.
  static let grace: Int64 = 3600
  /// The largest body, in bytes.
  private static let bodyLimit = 16_384

  private let store: JoiningCodeStore
  private let access: AccessCheck
  private let issue: TokenIssuer?
  private let proxies: TrustedProxies
  private let audit: AuditTrail
  private let outcomes: JoiningOutcomes
  private let wrongCodes = WrongCodeLimit()

  /// - Parameters:
  ///   - issue: nil where tokens are another issuer's; then nobody can join.
  ///   - proxies: those who say from which address a request comes.
  ///   - audit: where is noted what teachers do, and who was given a token; nil where there is no database for it.
  public init(
    store: JoiningCodeStore, access: AccessCheck, issue: TokenIssuer?, proxies: TrustedProxies,
    audit: (any AuditLog)?, metrics: any MetricsFactory
  ) {
    self.store = store
    self.access = access
    self.issue = issue
    self.proxies = proxies
    self.audit = AuditTrail(log: audit)
    outcomes = JoiningOutcomes(metrics: metrics)
  }

  /// What teachers do. The router lets no caller through to another course than theirs.
  public func addTeachers<Context: CallerContext>(to router: some RouterMethods<Context>) {
    let path: RouterPath = "/api/v1/courses/:course/joining-code"
    router.get(path) { request, context in
      try await answer(context) {
        let course = try Self.course(request, context)
        return Self.response(try await store.code(of: course), of: course)
      }
    }
    router.post(path) { request, context in
      try await answer(context) {
        let course = try Self.course(request, context)
        let minutes = try await Self.minutes(request)
        try checkThatTokensCanBeMade()
        let code = try await audit.record(
          "joining-code.make", target: course, context
        ) {
          try await store.open(course, minutes: minutes)
        }
        return Self.response(code, of: course, .created)
      }
    }
    router.delete(path) { request, context in
      try await answer(context) {
        let course = try Self.course(request, context)
        let wasOpen = try await audit.record(
          "joining-code.end", target: course, context
        ) {
          try await store.end(course)
        }
        guard wasOpen else { throw Problem.notFound("the course has no joining code") }
        return Response(status: .noContent)
      }
    }
  }

  /// What a learner's client asks, which has no token yet.
  public func addLearners<Context: CallerContext>(to router: some RouterMethods<Context>) {
    router.post("/api/v1/join") { request, context in
      try await answer(context) { try await join(request, context) }
    }
  }

  private func join(_ request: Request, _ context: some CallerContext) async throws -> Response {
    let body = try await request.jsonBody(upTo: Self.bodyLimit)
    let asked = try JoinRequest(body.readableBytesView)
    let name = try asked.checkedName()
    let identifier = try asked.checkedIdentifier()
    let client = self.client(of: request, context)
    do throws(Problem) { try wrongCodes.check(client) } catch {
      outcomes.count(.limited)
      throw error
    }
    var found: OpenCode?
    if let typed = JoiningCode(asked.code) { found = try await store.find(typed) }
    guard let code = found else {
      wrongCodes.noteWrong(client)
      outcomes.count(.wrongCode)
      throw Problem.notFound("no lesson has this code now; look whether it is typed as it is shown")
    }
    try checkThatTokensCanBeMade()
    let learner = try await learner(asked, identifier, in: code.course) ?? Self.newLearner()
    let token = try await token(for: learner, code, context)
    outcomes.count(.joined)
    var json = JSONWriter(capacity: 1024)
    json.object { json in
      json.member("course_id", code.course)
      json.member("student_id", learner)
      json.member("student_name", name)
      json.member("token", token)
      json.member("ends_at", code.endsAt)
      json.member("seconds_left", Int(code.secondsLeft + Self.grace))
    }
    return Self.response(json, .created)
  }

  /// Who this was before: whom the token is for, or, where nobody is asked for one, who it says it is.
  private func learner(
    _ asked: JoinRequest, _ identifier: String?, in course: String
  ) async throws -> String? {
    guard access.asksForTokens else { return identifier }
    guard let text = asked.token else { return nil }
    // One that has ended, or is for another course, says nothing: a new learner joins.
    guard let caller = try? await access.caller(ofToken: text, needs: .sending),
      let claims = caller.token?.claims, claims.scopes.contains(.ingest),
      claims.courses.contains(ExactText(course))
    else { return nil }
    return claims.subject
  }

  private func token(
    for learner: String, _ code: OpenCode, _ context: some CallerContext
  ) async throws -> String? {
    guard access.asksForTokens, let issue else { return nil }
    let id = EventID.random().description
    return try await audit.record("joining-code.use", target: id, context) {
      try issue(id, learner, code.course, Int(code.secondsLeft + Self.grace))
    }
  }

  private func checkThatTokensCanBeMade() throws(Problem) {
    guard access.asksForTokens, issue == nil else { return }
    throw Problem(
      status: .conflict,
      detail:
        "nobody can join by a code: PROGRESSBUS_JWT_SECRET is not set, and tokens are made elsewhere"
    )
  }

  /// Unlike every other learner's: nobody can be taken for somebody else by a name.
  private static func newLearner() -> String {
    let digits = Array("abcdefghjkmnpqrstvwxyz0123456789")
    return "joined-" + String((0..<12).map { _ in digits[.random(in: digits.indices)] })
  }

  private func client(of request: Request, _ context: some CallerContext) -> ClientAddress? {
    guard let peer = context.peer else { return nil }
    let lines = HTTPField.Name(proxies.headerName).map { request.headers[values: $0] } ?? []
    return proxies.limitedClient(behind: peer, lines: lines) ?? peer
  }

  private func answer(
    _ context: some RequestContext, _ body: () async throws -> Response
  ) async throws -> Response {
    do {
      return try await body()
    } catch let error as AuditError {
      throw Problem(status: .serviceUnavailable, detail: "\(error)", retryAfter: 5)
    } catch let error as PostgresError {
      context.logger.error("joining codes cannot be used", metadata: ["error": "\(error)"])
      throw Problem(
        status: .serviceUnavailable, detail: "the database does not answer", retryAfter: 1)
    }
  }

  private static func course(
    _ request: Request, _ context: some RequestContext
  ) throws(Problem) -> String {
    try RequestParameters(request, context).text(
      inPath: "course", maximumLength: Envelope.identifierLength)
  }

  private struct AskedCode: Decodable {
    let minutes: Int?
  }

  private static func minutes(_ request: Request) async throws -> Int {
    let buffer = try await request.jsonBody(upTo: bodyLimit)
    guard
      let asked = try? JSONDecoder().decode(AskedCode.self, from: Data(buffer.readableBytesView)),
      (1...720).contains(asked.minutes ?? 120)
    else { throw Problem.badRequest(#"the body must be {"minutes": N}, N from 1 to 720"#) }
    return asked.minutes ?? 120
  }

  private static func response(
    _ code: OpenCode?, of course: String, _ status: HTTPResponse.Status = .ok
  ) -> Response {
    var json = JSONWriter(capacity: 256)
    json.object { json in
      json.member("course_id", course)
      json.member("code", code?.code.description)
      json.member("ends_at", code?.endsAt)
    }
    return response(json, status)
  }

  /// An answer that no cache may keep.
  private static func response(_ json: JSONWriter, _ status: HTTPResponse.Status) -> Response {
    Response(
      status: status,
      headers: [
        .contentType: "application/json", .cacheControl: "no-store",
        .xContentTypeOptions: "nosniff",
      ], body: .init(byteBuffer: ByteBuffer(bytes: json.bytes)))
  }
}

/// Counts what became of attempts to join by a code: who tries codes out is seen so. From any thread.
struct JoiningOutcomes: Sendable {
  enum Outcome: String, CaseIterable {
    case joined
    case wrongCode = "wrong_code"
    /// Refused, as too many wrong codes came from the address.
    case limited
  }

  private let counters: [Outcome: Counter]

  /// Every outcome has its series from the start.
  init(metrics: any MetricsFactory) {
    counters = Dictionary(
      uniqueKeysWithValues: Outcome.allCases.map {
        ($0, ProgressBusMetric.joins.counter([("outcome", $0.rawValue)], in: metrics))
      })
  }

  func count(_ outcome: Outcome) { counters[outcome]?.increment() }
}
