import HTTPServerTesting
import ProgressBusTesting
import Testing

struct SignInRoutesTests {
  private static let json = ("Content-Type", "application/json")
  private static let own = ("Origin", "http://localhost")

  private static func body(_ token: String) -> String { #"{"token":"\#(token)"}"# }

  @Test func aGoodTokenBecomesACookieThatNoScriptCanReadAndNoOtherSiteCanUse() async throws {
    let token = try TestTokens.token(scope: "dashboard", subject: "lee", courses: ["a", "b"])
    try await SignInServer().run { client in
      let before = try await client.get("/sign-in")
      #expect(before.status == 200)
      #expect(
        before.body
          == #"{"required":true,"signed_in":false,"subject":null,"scopes":[],"seconds_left":null,"provider":null}"#
      )
      #expect(try await client.get("/courses").status == 401)

      let answer = try await client.send(
        "POST", "/sign-in", [Self.json, Self.own], body: Self.body(token))
      #expect(answer.status == 200)
      #expect(answer.headers["cache-control"] == "no-store")
      #expect(!answer.body.contains(token))
      let cookie = try #require(answer.cookies["progressbus_token"])
      #expect(cookie.hasSuffix("; HttpOnly; SameSite=Strict"))
      #expect(cookie.contains(/; Path=\/; Max-Age=36[0-9]{2};/))

      let pair = try #require(answer.pair("progressbus_token"))
      #expect(try await client.get("/courses", [("Cookie", pair)]).body == "a b")
      let after = try await client.get("/sign-in", [("Cookie", pair)])
      #expect(after.body.contains(#""signed_in":true,"subject":"lee","scopes":["dashboard"]"#))
    }
  }

  @Test func overHTTPSTheCookieStaysThere() async throws {
    let body = Self.body(try TestTokens.token(scope: "admin"))
    for (isAlwaysSecure, field) in [
      (true, Self.own), (false, ("X-Forwarded-Proto", "https")),
      (false, ("Forwarded", "for=192.0.2.1;proto=https")),
    ] {
      let server = SignInServer(isAlwaysSecure: isAlwaysSecure)
      try await server.run { client in
        let answer = try await client.send("POST", "/sign-in", [Self.json, field], body: body)
        #expect(answer.cookies["progressbus_token"]?.hasSuffix("; Secure") == true, "\(field)")
      }
    }
  }

  @Test func whatIsNotGoodBecomesNoCookie() async throws {
    let tokens = try await TestTokens.make()
    try await SignInServer(keySet: tokens.keySet).run { client in
      let everything = TestTokens.claims(scope: "dashboard admin", courses: ["a"])
      // Nothing is revoked here.
      for flaw in TokenFlaw.allCases where flaw != .revoked {
        guard let token = try tokens.token(flaw, everything) else { continue }
        let answer = try await client.send(
          "POST", "/sign-in", [Self.json], body: Self.body(token))
        #expect(answer.status == 401 && answer.cookies.isEmpty, "\(flaw)")
        #expect(answer.headers["www-authenticate"]?.hasPrefix("Bearer ") == true, "\(flaw)")
        #expect(!answer.body.contains(token), "\(flaw)")
      }
      let learner = try await client.send(
        "POST", "/sign-in", [Self.json],
        body: Self.body(try TestTokens.token(scope: "ingest ingest:class", courses: ["a"])))
      #expect(learner.status == 403 && learner.cookies.isEmpty)
      for body in ["", "{}", "token", #"{"token":5}"#, "[]"] {
        let answer = try await client.send("POST", "/sign-in", [Self.json], body: body)
        #expect(answer.status == 400 && answer.cookies.isEmpty, "\(body)")
      }
      let large = try await client.send(
        "POST", "/sign-in", [Self.json], body: String(repeating: " ", count: 20_000))
      #expect(large.status == 413)
    }
  }

  @Test func noPageOfAnotherOriginSignsAnybodyInOrOut() async throws {
    let token = try TestTokens.token(scope: "admin")
    try await SignInServer().run { client in
      for field in [
        ("Origin", "https://evil.example"), ("Origin", "null"),
        ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Site", "same-site"),
      ] {
        for path in ["/sign-in", "/sign-out"] {
          let answer = try await client.send(
            "POST", path, [Self.json, field], body: Self.body(token))
          #expect(answer.status == 403 && answer.cookies.isEmpty, "\(path) \(field)")
        }
        // Nor does it change anything in the name of whoever is signed in.
        let purge = try await client.send(
          "POST", "/purge", [("Cookie", "progressbus_token=\(token)"), field])
        #expect(purge.status == 403, "\(field)")
      }
      // What a form can send.
      for type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        let answer = try await client.send(
          "POST", "/sign-in", [("Content-Type", type)], body: Self.body(token))
        #expect(answer.status == 415 && answer.cookies.isEmpty, "\(type)")
      }
      let cookie = ("Cookie", "progressbus_token=\(token)")
      #expect(try await client.send("POST", "/purge", [cookie]).status == 401)
      #expect(try await client.send("POST", "/purge", [cookie, Self.own]).status == 200)
    }
  }

  @Test func signingOutTakesTheCookieAway() async throws {
    try await SignInServer().run { client in
      let answer = try await client.send("POST", "/sign-out", [Self.own])
      #expect(answer.status == 204)
      #expect(
        answer.cookies["progressbus_token"]
          == "progressbus_token=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict")
    }
  }

  @Test func whereNobodyHasToLogInThePageIsTold() async throws {
    try await SignInServer(asksForTokens: false).run { client in
      let status = try await client.get("/sign-in")
      #expect(status.body.hasPrefix(#"{"required":false,"signed_in":false"#))
      let answer = try await client.send(
        "POST", "/sign-in", [Self.json], body: Self.body("whatever"))
      #expect(answer.status == 200 && answer.cookies.isEmpty)
    }
  }

  @Test func aTokenThatNoBrowserWouldKeepIsRefused() async throws {
    func token(courses count: Int) throws -> String {
      try TestTokens.token(scope: "dashboard", courses: (0..<count).map { "python-\(1000 + $0)" })
    }
    let fitting = Self.body(try token(courses: 150))
    let large = Self.body(try token(courses: 300))
    try await SignInServer().run { client in
      let kept = try await client.send("POST", "/sign-in", [Self.json], body: fitting)
      #expect(kept.status == 200 && kept.cookies.count == 1)
      let refused = try await client.send("POST", "/sign-in", [Self.json], body: large)
      #expect(refused.status == 413 && refused.cookies.isEmpty)
    }
  }

  @Test func withoutAProviderItsRoutesSaySo() async throws {
    try await SignInServer().run { client in
      for path in ["/sign-in/openid", "/sign-in/openid/callback?state=a&code=b"] {
        let answer = try await client.get(path)
        #expect(answer.status == 404, "\(path)")
      }
    }
  }
}
