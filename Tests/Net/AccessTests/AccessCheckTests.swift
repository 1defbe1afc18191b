import HTTPServer
import HTTPTypes
import Hummingbird
import Observability
import ProgressBusTesting
import Synchronization
import Testing

@testable import Access

struct AccessCheckTests {
  private static func bearer(_ token: String) -> HTTPFields { [.authorization: "Bearer \(token)"] }

  private static func problem(
    _ check: AccessCheck, _ fields: HTTPFields, isChange: Bool = false,
    _ required: RequiredAccess = .reading
  ) async -> Problem? {
    do throws(Problem) {
      _ = try await check.caller(fields, isChange: isChange, needs: required)
      return nil
    } catch {
      return error
    }
  }

  @Test func refusalsSayWhatIsNeededAsRFC6750WantsIt() async throws {
    let check = try await makeCheck(nil)
    let missing = await Self.problem(check, [:])
    #expect(missing?.status == .unauthorized)
    #expect(missing?.fields[.wwwAuthenticate] == #"Bearer realm="ProgressBus""#)
    #expect(missing?.detail?.contains("scope dashboard or admin") == true)
    let wrong = await Self.problem(check, Self.bearer("a.b.c"))
    #expect(
      wrong?.fields[.wwwAuthenticate]
        == #"Bearer realm="ProgressBus", error="invalid_token", error_description="the token is no JSON Web Token""#
    )
    let learner = try TestTokens.token(scope: "ingest")
    let forbidden = await Self.problem(check, Self.bearer(learner), .operating)
    #expect(forbidden?.status == .forbidden)
    #expect(
      forbidden?.fields[.wwwAuthenticate]
        == #"Bearer realm="ProgressBus", error="insufficient_scope", scope="admin""#)
  }

  @Test func refusalsAreCountedByReasonFromTheStart() async throws {
    let registry = MetricsRegistry()
    let check = try await makeCheck(
      nil, revoked: [RevokedToken(id: "gone", expiresAt: nil)],
      refused: RefusedRequests(metrics: registry))
    func counts() -> [String: String] {
      let lines = registry.prometheusText().matches(
        of: /progressbus_access_refused_total\{reason="([a-z_]+)"\} (\d+)/)
      return Dictionary(uniqueKeysWithValues: lines.map { (String($0.1), String($0.2)) })
    }
    let reasons = Set(TokenFault.allCases.map(\.rawValue) + ["scope", "course"])
    #expect(Set(counts().keys) == reasons)
    #expect(counts().values.allSatisfy { $0 == "0" })

    _ = await Self.problem(check, [:])
    _ = await Self.problem(check, Self.bearer("a.b.c"))
    let revoked = try TestTokens.token(scope: "admin", id: "gone")
    for _ in 0..<2 { _ = await Self.problem(check, Self.bearer(revoked)) }
    let learner = try TestTokens.token(scope: "ingest")
    _ = await Self.problem(check, Self.bearer(learner), .operating)
    // As events come in.
    var onLoop = EventLoopAccessCheck(check)
    var known: KnownAuthorization?
    _ = onLoop.find(authorization: nil, known: &known, needs: .sending)
    let teacher = try TestTokens.token(scope: "dashboard", courses: ["py101"])
    _ = onLoop.find(authorization: "Bearer \(teacher)", known: &known, needs: .sending)
    check.countOtherCourse()
    _ = await check.fault(ofToken: "a.b.c")
    #expect(
      counts().filter { $0.value != "0" } == [
        "missing": "2", "malformed": "1", "revoked": "2", "scope": "2", "course": "1",
      ])
  }

  /// A connection's last token is not looked at anew for each request, but anything that may end it counts at once.
  @Test func whatAConnectionSentBeforeIsGoodOnlyAsLongAsItIsGood() async throws {
    let start = AccessCheck.systemSeconds()
    let time = Mutex(start)
    let revocations = RevocationList(logger: silentLogger)
    let check = try await makeCheck(nil, revocations: revocations, now: { time.withLock { $0 } })
    var onLoop = EventLoopAccessCheck(check)
    var known: KnownAuthorization?
    func sender(_ field: String?, _ required: RequiredAccess = .sending) -> String {
      switch onLoop.find(authorization: field, known: &known, needs: required) {
      case .caller(let caller): caller.token?.claims.subject ?? "anyone"
      case .refused(let problem): "\(problem.status.code)"
      case .unknownKey: "unknown key"
      }
    }
    let ann = "Bearer " + (try TestTokens.token(scope: "ingest", subject: "ann", id: "1"))
    let bob = "Bearer " + (try TestTokens.token(scope: "ingest", subject: "bob", id: "2"))
    for _ in 0..<2 {
      #expect(sender(ann) == "ann")
      #expect(sender(bob) == "bob")
      #expect(sender(bob) == "bob")
      #expect(sender(bob, .operating) == "403")
      #expect(sender(bob + "x") == "401")
      #expect(sender(nil) == "401")
    }
    _ = revocations.learn([RevokedToken(id: "2", expiresAt: nil)], now: start)
    #expect(sender(bob) == "401")
    #expect(sender(ann) == "ann")
    time.withLock { $0 += 1_000_000 }
    #expect(sender(ann) == "401")
  }

  @Test func aTokenIsTakenFromOnePlaceOnly() async throws {
    let check = try await makeCheck(nil)
    let token = try TestTokens.token(scope: "admin")
    for scheme in ["Bearer ", "bearer ", "BEARER  "] {
      #expect(await Self.problem(check, [.authorization: scheme + token]) == nil)
    }
    for field in ["Basic \(token)", token, "Bearer", "Bearer \(token), Bearer \(token)"] {
      #expect(await Self.problem(check, [.authorization: field])?.status == .unauthorized)
    }
    var twice = Self.bearer(token)
    twice.append(HTTPField(name: .authorization, value: "Bearer \(token)"))
    #expect(await Self.problem(check, twice)?.status == .unauthorized)
    // A wrong header is not made good by a cookie.
    var both: HTTPFields = [.cookie: "progressbus_token=\(token)"]
    both[.authorization] = "Bearer a.b.c"
    #expect(await Self.problem(check, both)?.status == .unauthorized)
  }

  @Test func aCookieChangesNothingForARequestThatDoesNotSayWhoseItIs() async throws {
    let check = try await makeCheck(nil)
    let token = try TestTokens.token(scope: "admin")
    var fields: HTTPFields = [.cookie: "theme=dark; progressbus_token=\(token)"]
    #expect(await Self.problem(check, fields) == nil)
    #expect(await Self.problem(check, fields, isChange: true)?.status == .unauthorized)
    fields[.origin] = "http://localhost"
    #expect(await Self.problem(check, fields, isChange: true) == nil)
    fields[.cookie] = "progressbus_token=\(token); progressbus_token=a.b.c"
    #expect(await Self.problem(check, fields)?.status == .unauthorized)
  }

  @Test func teachersReadTheirCoursesAndAdministratorsAll() async throws {
    let check = try await makeCheck(nil)
    func courses(_ scope: String) async throws -> ReadableCourses {
      let token = try TestTokens.token(scope: scope, courses: ["caf\u{E9}"])
      return try await check.caller(
        Self.bearer(token), needs: .reading
      ).courses
    }
    let teachers = try await courses("dashboard")
    #expect(teachers.contains("caf\u{E9}"))
    for other in [
      "Caf\u{E9}", "caf\u{E9} ", " caf\u{E9}", "cafe\u{301}", "cafe", "", "caf\u{E9}\u{200B}",
    ] {
      #expect(!teachers.contains(other), "\(other)")
    }
    #expect(try await courses("admin dashboard") == .all)
    #expect(Caller.nobody.courses == .only([]))
  }

  @Test func aRouteThatDeclaresNothingKeepsTheServerFromStarting() throws {
    let router = AccessRouter(Router(context: CallerRequestContext.self), check: .open)
    router.requiring(.open).get("/open") { _, _ in "open" }
    #expect(try router.checked().routes.count == 1)
    router.group("/api").get("/new/:id") { _, _ in "new" }
    #expect(throws: UndeclaredRoutes(names: ["GET /api/new/{id}"])) { try router.checked() }
    #expect(router.declarations.map(\.path) == ["/open"])
  }
}
