import Foundation
import HTTPServerTesting
import LocalStack
import ProgressBusTesting
import Testing

extension Deployment {
  /// Starts `serve` where whoever asks needs a token of `TestTokens`.
  func serve(
    _ roles: String, accessBy tokens: TestTokens, settings: [String] = []
  ) async throws -> ProgressBusProcess {
    let path = "\(folder)/jwks.json"
    try tokens.keySet.write(toFile: path, atomically: true, encoding: .utf8)
    return try await serve(
      roles,
      settings: [
        "jwt.secret=\(TestTokens.secret)", "jwt.jwks=\(path)", "jwt.issuer=\(TestTokens.issuer)",
        "jwt.audience=\(TestTokens.audience)", "worker.sinks=postgres",
      ] + settings)
  }

  /// Runs `progressbus token` with the secret in a file.
  func token(_ arguments: [String], input: String = "") async throws -> CommandOutcome {
    let secret = "\(folder)/jwt-secret"
    try (TestTokens.secret + "\n").write(toFile: secret, atomically: true, encoding: .utf8)
    let file = "\(folder)/token-\(UUID().uuidString)"
    try input.write(toFile: file, atomically: true, encoding: .utf8)
    let access = [
      "PROGRESSBUS_JWT_SECRET_FILE": secret, "PROGRESSBUS_JWT_ISSUER": TestTokens.issuer,
      "PROGRESSBUS_JWT_AUDIENCE": TestTokens.audience,
    ]
    return try await ProgressBusCommand.run(
      ["token"] + arguments + (input.isEmpty ? [] : ["--file", file]),
      environment: environment.merging(access) { $1 }, folder: folder)
  }
}

extension ProgressBusProcess {
  /// Sends a request by hand, with a token in its header.
  func request(
    _ method: String = "GET", _ target: String, token: String?, body: String = "",
    _ fields: String = ""
  ) async throws -> RawClient.Response {
    try await request(method, target, by: .header, token: token, body: body, fields)
  }

  /// Sends a request by hand, with a token where the carrier has it.
  func request(
    _ method: String, _ target: String, by carrier: TokenCarrier, token: String?,
    body: String = "", _ fields: String = ""
  ) async throws -> RawClient.Response {
    let client = try await RawClient(port: port)
    defer { client.close() }
    try await client.send(
      "\(method) \(target) HTTP/1.1\r\nHost: localhost\r\n\(carrier.fields(token))\(fields)"
        + "Content-Type: application/json\r\nConnection: close\r\n"
        + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
    return try await client.response(hasBody: method != "HEAD")
  }

  /// Opens the live stream by hand.
  func listen(
    _ query: String = "", token: String?
  ) async throws -> (client: RawClient, status: Int) {
    let extra = token.map { "Authorization: Bearer \($0)\r\n" } ?? ""
    let (client, answer) = try await listen(query, extra: extra)
    return (client, answer.status)
  }

  /// Waits until there is a live stream: a process that is ready may still be subscribing to it.
  func listen(
    _ query: String = "", host: String = "localhost", extra: String
  ) async throws -> (client: RawClient, answer: RawClient.Response) {
    var opened: (client: RawClient, answer: RawClient.Response)?
    try await eventually("the stream is open") {
      let client = try await RawClient(port: port)
      let answer = try await client.upgrade("/ws/dashboard\(query)", host: host, extra: extra)
      if answer.status == 503 {
        client.close()
        return false
      }
      opened = (client, answer)
      return true
    }
    return try #require(opened)
  }
}

/// Where a token stands in a request.
enum TokenCarrier: CaseIterable {
  case header
  /// As a browser sends it for the server's own page.
  case cookie

  func fields(_ token: String?) -> String {
    switch self {
    case .header: token.map { "Authorization: Bearer \($0)\r\n" } ?? ""
    case .cookie:
      "Origin: http://localhost\r\n"
        + (token.map { "Cookie: theme=dark; progressbus_token=\($0)\r\n" } ?? "")
    }
  }
}

extension EndToEnd {
  /// Every route and the live stream, with every kind of token.
  @Suite struct AccessMatrixTests {
    /// A request, and the scopes of which one is enough; nil where nobody is asked.
    private struct Route {
      let method: String
      let target: String
      var body = ""
      let scopes: Set<String>?

      /// Programs send events, and have no cookies.
      var takesCookies: Bool {
        !["/student-progress", "/api/v1/events"].contains(target)
          && !["/pioneer", "/send/", "/xapi/"].contains { target.hasPrefix($0) }
      }
    }

    private static let course = "py 101"
    /// Without it their routes are not there.
    private static let clients = "ingest.clients=pioneer,unianalytics,xapi"
    private static let event =
      #"{"event_type":"help","student_id":"s-1","course_id":"\#(course)","notebook_path":"n"}"#

    /// The table. That no route is missing from it, `everyRouteIsInTheTable` sees.
    private static let routes: [Route] = {
      func route(
        _ scopes: Set<String>?, _ method: String, _ target: String, body: String = ""
      ) -> Route { Route(method: method, target: target, body: body, scopes: scopes) }
      let reading: Set = ["dashboard", "admin"]
      let sending: Set = ["ingest", "ingest:class"]
      let admin: Set = ["admin"]
      return [
        route(nil, "GET", "/health/live"), route(nil, "GET", "/health/ready"),
        route(nil, "GET", "/"), route(nil, "GET", "/ops"), route(nil, "GET", "/css/layout.css"),
        route(nil, "GET", "/api/v1/openapi.yaml"),
        route(nil, "GET", "/sign-in"), route(nil, "POST", "/sign-in", body: "{}"),
        route(nil, "POST", "/sign-out"), route(nil, "GET", "/sign-in/openid"),
        route(nil, "GET", "/sign-in/openid/callback"),
        route(admin, "GET", "/metrics"),
        route(sending, "POST", "/student-progress", body: event),
        route(sending, "POST", "/api/v1/events", body: event),
        route(sending, "POST", "/pioneer", body: "{}"),
        route(sending, "POST", "/pioneer/2026/11/28/09", body: "{}"),
        route(sending, "POST", "/send/exec/code", body: "{}"),
        route(sending, "POST", "/send/exec/markdown", body: "{}"),
        route(sending, "POST", "/send/clickevent/notebook", body: "{}"),
        route(sending, "POST", "/send/clickevent/cell", body: "{}"),
        route(sending, "POST", "/send/alter", body: "{}"),
        route(sending, "POST", "/send/pending_update_interaction", body: "{}"),
        route(sending, "POST", "/xapi/statements", body: "{}"),
        route(sending, "PUT", "/xapi/statements", body: "{}"),
        route(sending, "POST", "/xapi/py%20101/statements", body: "{}"),
        route(sending, "PUT", "/xapi/py%20101/statements", body: "{}"),
        route(nil, "GET", "/xapi/about"), route(nil, "GET", "/xapi/py%20101/about"),
        route(["ingest:class"], "POST", "/events/firestore", body: "{}"),
        route(reading, "GET", "/ws/dashboard"),
        route(reading, "GET", "/api/v1/courses"),
        route(reading, "GET", "/api/v1/courses/py%20101/progress"),
        route(reading, "GET", "/api/v1/courses/py%20101/students"),
        route(reading, "GET", "/api/v1/courses/py%20101/help"),
        route(reading, "GET", "/api/v1/courses/py%20101/activity"),
        route(reading, "GET", "/api/v1/courses/py%20101/exercises"),
        route(reading, "GET", "/api/v1/courses/py%20101/lessons"),
        route(reading, "GET", "/api/v1/courses/py%20101/comparison"),
        route(reading, "GET", "/api/v1/courses/py%20101/outline?notebook=n"),
        route(reading, "PUT", "/api/v1/courses/py%20101/outline?notebook=n", body: "{}"),
        route(reading, "DELETE", "/api/v1/courses/py%20101/outline?notebook=n"),
        route(reading, "GET", "/api/v1/courses/py%20101/roster"),
        route(reading, "PUT", "/api/v1/courses/py%20101/roster", body: "{}"),
        route(reading, "DELETE", "/api/v1/courses/py%20101/roster"),
        route(reading, "GET", "/api/v1/courses/py%20101/retention"),
        route(admin, "PUT", "/api/v1/courses/py%20101/retention", body: "{}"),
        route(admin, "DELETE", "/api/v1/courses/py%20101/retention"),
        route(reading, "GET", "/api/v1/courses/py%20101/messages"),
        route(reading, "POST", "/api/v1/courses/py%20101/messages", body: "{}"),
        route(reading, "POST", "/api/v1/courses/py%20101/hands/s-1/take", body: "{}"),
        route(sending, "GET", "/api/v1/messages?student_id=s-1&course_id=py%20101&wait=0"),
        route(reading, "GET", "/api/v1/courses/py%20101/joining-code"),
        route(reading, "POST", "/api/v1/courses/py%20101/joining-code", body: "{}"),
        route(reading, "DELETE", "/api/v1/courses/py%20101/joining-code"),
        route(nil, "POST", "/api/v1/join", body: "{}"),
        route(reading, "GET", "/api/v1/students/s-1"),
        route(admin, "GET", "/api/v1/users/s-1/stats"),
        route(admin, "GET", "/api/v1/bus"), route(admin, "GET", "/api/v1/sinks"),
        route(admin, "GET", "/api/v1/dead-letters"),
        route(admin, "GET", "/api/v1/dead-letters/count"),
        route(admin, "GET", "/api/v1/dead-letters/redis-1-0"),
        route(admin, "POST", "/api/v1/dead-letters/replay"),
        route(admin, "POST", "/api/v1/dead-letters/purge"),
        route(admin, "POST", "/api/v1/dead-letters/redis-1-0/replay"),
        route(admin, "DELETE", "/api/v1/dead-letters/redis-1-0"),
        route(admin, "GET", "/api/bq-sync/status"), route(admin, "GET", "/api/bq-sync/health"),
        route(admin, "POST", "/api/bq-sync/flush"), route(admin, "POST", "/api/bq-sync/retry"),
        route(admin, "DELETE", "/api/bq-sync/failed"),
        route(admin, "POST", "/api/bq-sync/retention"),
        route(admin, "GET", "/api/v1/users/s-1/sessions"),
        route(admin, "POST", "/api/v1/users/s-1/sessions"),
        route(admin, "GET", "/api/v1/users/s-1/sessions/x"),
        route(admin, "DELETE", "/api/v1/users/s-1/sessions/x"),
        route(admin, "POST", "/api/v1/users/s-1/sessions/x/events"),
      ]
    }()

    /// - Returns: 0 for a WebSocket that stands.
    private static func ask(
      _ process: ProgressBusProcess, _ route: Route, by carrier: TokenCarrier, token: String?
    ) async throws -> RawClient.Response {
      guard route.target == "/ws/dashboard" else {
        return try await process.request(
          route.method, route.target, by: carrier, token: token, body: route.body)
      }
      let (client, upgrade) = try await process.listen(extra: carrier.fields(token))
      defer { client.close() }
      var answer = upgrade
      guard answer.status == 101 else { return answer }
      // The other direction: what a client says is taken from whoever may listen, and answered to nobody.
      let hello = try await client.frame()
      try await client.sendFrame(opcode: 1, event)
      try await client.sendFrame(opcode: 9, "ping")
      #expect(hello.text.hasPrefix(#"{"control":"hello""#))
      // Events of other requests may come before the pong.
      while try await client.frame().opcode != 10 {}
      answer.body = hello.text
      return answer
    }

    @Test func everyRouteTakesTheTokensThatItDeclaresAndNoOthers() async throws {
      let tokens = try await TestTokens.make()
      try await withDeployment { deployment in
        let process = try await deployment.serve(
          "ingest,dashboard", accessBy: tokens, settings: [Self.clients])
        let courses = [Self.course, "default"]
        let revoked = try await deployment.token(["revoke", "--id", TestTokens.revokedID])
        #expect(revoked.status == 0, "\(revoked)")
        let revokedToken = try #require(
          try tokens.token(
            .revoked,
            TestTokens.claims(scope: "admin dashboard", courses: courses)))
        try await eventually("the revocation is known") {
          try await process.request("GET", "/api/v1/bus", token: revokedToken).status == 401
        }
        let everything = TestTokens.claims(
          scope: "ingest ingest:class dashboard admin", courses: courses)
        for (carrier, route) in TokenCarrier.allCases.flatMap({ carrier in
          Self.routes.map { (carrier, $0) }
        }) {
          for flaw in TokenFlaw.allCases {
            let answer = try await Self.ask(
              process, route, by: carrier, token: try tokens.token(flaw, everything))
            let isRefused = answer.status == 401
            #expect(
              isRefused == (route.scopes != nil),
              "\(carrier) \(flaw) \(route.target): \(answer.status)")
            guard isRefused else { continue }
            let challenge = answer.headers["www-authenticate"] ?? ""
            #expect(challenge.hasPrefix("Bearer realm="), "\(flaw) \(route.target)")
            #expect(answer.headers["content-type"] == "application/problem+json")
          }
          for scope in ["ingest", "ingest:class", "dashboard", "admin", "openid"] {
            let claims = TestTokens.claims(scope: scope, courses: courses)
            for token in [try TestTokens.token(claims), try tokens.rsaToken(claims)] {
              let status = try await Self.ask(process, route, by: carrier, token: token).status
              let isAllowed =
                route.scopes.map {
                  $0.contains(scope) && (carrier == .header || route.takesCookies)
                }
                ?? true
              #expect(
                [401, 403].contains(status) != isAllowed,
                "\(carrier) \(scope) \(route.target): \(status)")
            }
          }
        }
      }
    }

    /// A browser sends a cookie with what any page of the site asks, those on other ports of the machine too.
    @Test func aCookieIsGoodForTheServersOwnPagesAlone() async throws {
      let tokens = try await TestTokens.make()
      try await withDeployment { deployment in
        let process = try await deployment.serve(
          "ingest,dashboard", accessBy: tokens,
          settings: [Self.clients, "websocket.allowed_origins=https://school.example"])
        let token = try TestTokens.token(
          scope: "admin dashboard ingest:class", courses: ["default"])
        let cookie = "Cookie: progressbus_token=\(token)\r\n"
        for (origin, socket) in [
          ("http://localhost", 101), ("https://school.example", 101),
          ("http://localhost:8888", 403), ("https://evil.example", 403), ("null", 403), (nil, 401),
        ] as [(String?, Int)] {
          let fields = cookie + (origin.map { "Origin: \($0)\r\n" } ?? "")
          let (client, upgrade) = try await process.listen(extra: fields)
          defer { client.close() }
          #expect(upgrade.status == socket, "\(origin ?? "no origin")")
          for route in Self.routes where route.method != "GET" && route.scopes != nil {
            let answer = try await process.request(
              route.method, route.target, token: nil, body: route.body, fields)
            let isAllowed = origin == "http://localhost" && route.takesCookies
            #expect(
              [401, 403].contains(answer.status) != isAllowed,
              "\(origin ?? "no origin") \(route.target): \(answer.status)")
          }
          // What may be read is answered, and no page of another origin is let see the answer.
          let read = try await process.request(
            "GET", "/api/v1/courses", token: nil, fields)
          #expect(read.status == 200)
          #expect(read.headers["access-control-allow-origin"] == nil)
        }
      }
    }

    @Test func anotherCourseIsRefusedWhateverItsSpelling() async throws {
      let tokens = try await TestTokens.make()
      try await withDeployment { deployment in
        let process = try await deployment.serve("ingest,dashboard", accessBy: tokens)
        let teacher = try TestTokens.token(scope: "dashboard", courses: ["caf\u{E9}"])
        for course in [
          "other", "Caf%C3%A9", "caf%C3%A9%20", "%20caf%C3%A9", "cafe", "caf%25C3%25A9",
        ] {
          for kind in ["progress", "students", "help", "activity", "exercises"] {
            let path = "/api/v1/courses/\(course)/\(kind)"
            let status = try await process.request(path, token: teacher).status
            #expect(status == 403, "\(path)")
          }
          let learner = "/api/v1/students/s-1?course_id=\(course)"
          #expect(try await process.request(learner, token: teacher).status == 403)
          let (client, status) = try await process.listen("?course_id=\(course)", token: teacher)
          client.close()
          #expect(status == 403, "\(course)")
        }
        // Six spellings, each at five reads, one learner and one WebSocket.
        let metrics = try await process.request(
          "GET", "/metrics", token: try TestTokens.token(scope: "admin"))
        #expect(
          metrics.body.contains("\nprogressbus_access_refused_total{reason=\"course\"} 42\n"))
        // Both spellings are the teacher's course; nothing of it is stored.
        for course in ["caf%C3%A9", "cafe%CC%81"] {
          let path = "/api/v1/courses/\(course)/progress"
          #expect(try await process.request(path, token: teacher).status == 404)
        }
      }
    }

    @Test func everyRouteIsInTheTable() throws {
      func template(_ route: Route) -> String {
        let path = route.target.replacing("/py%20101", with: "/{course}")
          .replacing("/students/s-1", with: "/students/{student}")
          .replacing("/hands/s-1", with: "/hands/{student}").replacing(/\?.*/, with: "")
          .replacing("/users/s-1", with: "/users/{user}").replacing(
            "/sessions/x", with: "/sessions/{id}"
          )
          .replacing("/2026/11/28/09", with: "/{year}/{month}/{day}/{hour}")
          .replacing("/redis-1-0", with: "/{id}").replacing("/css/layout.css", with: "/{asset}")
        return "\(route.method) \(path)"
      }
      #expect(Set(Self.routes.map(template)) == (try DescribedRoutes.all()))
    }
  }
}

extension ProgressBusProcess {
  fileprivate func request(_ target: String, token: String?) async throws -> RawClient.Response {
    try await request("GET", target, token: token)
  }
}
