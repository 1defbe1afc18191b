import Access
import Cryptography
import CurlTransport
import Foundation
import HTTPServerTesting
import HTTPTypes
import NIOConcurrencyHelpers
import ProgressBusTesting
import Testing

@testable import SignIn

/// Somebody signs in at a provider, with a browser's requests sent by hand.
struct OpenIDSignInTests {
  private static let teacher: [String: any Sendable] = [
    "groups": ["staff", "progressbus-teachers"], "courses": ["py101", "py102"],
  ]

  private static func signIn(
    _ provider: ProviderStub, publicURL: String? = "https://class.school.example",
    now: @escaping @Sendable () -> Int64 = AccessCheck.systemSeconds
  ) -> OpenIDSignIn {
    OpenIDSignIn(
      OpenIDConfiguration(
        issuer: ProviderStub.issuer, clientID: ProviderStub.clientID,
        clientSecret: ProviderStub.clientSecret),
      secret: Array(TestTokens.secret.utf8), publicURL: publicURL, transport: provider,
      logger: silentLogger, now: now,
      issue: { rights in
        try TestTokens.token(
          scope: rights.scopes.map(\.rawValue).sorted().joined(separator: " "),
          subject: rights.subject, courses: rights.courses)
      })
  }

  /// Goes to the provider.
  ///
  /// - Returns: where the browser is sent, and the cookie of the attempt.
  private static func begin(
    _ client: RouterClient, page: String = "%2Fops%3Fa%3Db"
  ) async throws -> (location: String, cookie: String) {
    let answer = try await client.get("/sign-in/openid?page=\(page)")
    #expect(answer.status == 303)
    let cookie = try #require(answer.cookies["progressbus_sign_in"])
    #expect(
      cookie.hasSuffix("; Path=/sign-in/openid; Max-Age=600; HttpOnly; SameSite=Lax"))
    return (
      try #require(answer.headers["location"]), try #require(answer.pair("progressbus_sign_in"))
    )
  }

  private static func finish(
    _ client: RouterClient, _ query: String, cookie: String?
  ) async throws -> RawClient.Response {
    try await client.get(
      "/sign-in/openid/callback?\(query)", cookie.map { [("Cookie", $0)] } ?? [])
  }

  private func withServer(
    _ openID: OpenIDSignIn, _ body: @escaping @Sendable (RouterClient) async throws -> Void
  ) async throws {
    try await SignInServer(openID: openID).run(body)
  }

  /// What the page is told; nil where somebody is signed in.
  private static func failure(_ answer: RawClient.Response) -> String? {
    answer.headers["location"].flatMap { $0.firstMatch(of: /#sign-in-failed=(\w+)$/) }
      .map { String($0.1) }
  }

  @Test func aTeacherIsSignedInForTheirCoursesAndComesBackToTheirPage() async throws {
    let provider = ProviderStub(try await TestTokens.make())
    try await withServer(Self.signIn(provider)) { client in
      let (location, attempt) = try await Self.begin(client)
      #expect(location.hasPrefix("\(ProviderStub.issuer)/authorize?ui=school&"))
      let asked = ProviderStub.items(String(location.drop { $0 != "?" }.dropFirst()))
      #expect(asked["response_type"] == "code" && asked["code_challenge_method"] == "S256")
      #expect(asked["scope"] == "openid profile" && asked["client_id"] == "progressbus")
      #expect(
        asked["redirect_uri"] == "https://class.school.example/sign-in/openid/callback")
      let secrets = [asked["state"], asked["nonce"], asked["code_challenge"]].compactMap(\.self)
      #expect(Set(secrets).count == 3 && secrets.allSatisfy { $0.utf8.count == 43 })
      for secret in secrets { #expect(!attempt.contains(secret)) }

      let query = try provider.authorize(location, claims: Self.teacher)
      let answer = try await Self.finish(client, query, cookie: attempt)
      #expect(answer.status == 303 && answer.headers["location"] == "/ops?a=b")
      #expect(answer.headers["referrer-policy"] == "no-referrer")
      #expect(answer.cookies["progressbus_sign_in"]?.contains("Max-Age=0") == true)
      let token = try #require(answer.pair("progressbus_token"))
      #expect(try await client.get("/courses", [("Cookie", token)]).body == "py101 py102")
    }
  }

  @Test func anAnswerThatIsNotOfThisBrowsersAttemptIsRefused() async throws {
    let provider = ProviderStub(try await TestTokens.make())
    try await withServer(Self.signIn(provider)) { client in
      let (location, attempt) = try await Self.begin(client)
      let (_, other) = try await Self.begin(client)
      let query = try provider.authorize(location, claims: Self.teacher)
      let code = query.drop { $0 != "&" }
      let forged = attempt.replacing(/=[^.]+/) { _ in
        "=\(Base64URL.encode(Array(repeating: 7, count: 32)))"
      }
      for (query, cookie) in [
        (query, nil), (query, other), (query, forged), (query, "\(attempt); \(other)"),
        ("state=\(code)", attempt), ("state=wrong\(code)", attempt), ("code=x", attempt),
        ("\(query)&state=again", attempt),
      ] as [(String, String?)] {
        let answer = try await Self.finish(client, query, cookie: cookie)
        #expect(answer.status == 303)
        #expect(Self.failure(answer) == "unknownAttempt", "\(query) \(cookie ?? "")")
        #expect(answer.cookies["progressbus_token"] == nil)
      }
      // None of these has cost the code.
      let taken = try await Self.finish(client, query, cookie: attempt)
      #expect(Self.failure(taken) == nil)
      // It is good once.
      let replayed = try await Self.finish(client, query, cookie: attempt)
      #expect(Self.failure(replayed) == "declined" && replayed.cookies.count == 1)
    }
  }

  @Test func anAttemptEndsAfterTenMinutes() async throws {
    let provider = ProviderStub(try await TestTokens.make())
    let ahead = NIOLockedValueBox(Int64(0))
    let signIn = Self.signIn(
      provider, now: { AccessCheck.systemSeconds() + ahead.withLockedValue { $0 } })
    try await withServer(signIn) { client in
      let (location, attempt) = try await Self.begin(client)
      let query = try provider.authorize(location, claims: Self.teacher)
      ahead.withLockedValue { $0 = 601 }
      let answer = try await Self.finish(client, query, cookie: attempt)
      #expect(Self.failure(answer) == "unknownAttempt")
    }
  }

  /// As Authlib signs them.
  @Test func anIDTokenThatNamesNoKeyIsOfTheOnlyOne() async throws {
    let tokens = try await TestTokens.make()
    let provider = ProviderStub(tokens)
    provider.sign { try JSONWebSignature.sign($0, with: tokens.rsaKey) }
    try await withServer(Self.signIn(provider)) { client in
      let (location, attempt) = try await Self.begin(client)
      let query = try provider.authorize(location, claims: Self.teacher)
      let answer = try await Self.finish(client, query, cookie: attempt)
      #expect(Self.failure(answer) == nil)
    }
  }

  @Test func anIDTokenThatIsNotForUsIsRefused() async throws {
    let tokens = try await TestTokens.make()
    let provider = ProviderStub(tokens)
    let now = Int(Date().timeIntervalSince1970)
    let flaws: [(String, [String: any Sendable])] = [
      ("another audience", ["aud": "another"]),
      ("several audiences and no party", ["aud": ["progressbus", "another"]]),
      ("another party", ["aud": ["progressbus", "another"], "azp": "another"]),
      ("another issuer", ["iss": "https://id.school.example/realms/other"]),
      ("ended", ["exp": now - 61]), ("of the future", ["iat": now + 120]),
      ("another nonce", ["nonce": "another"]), ("a nonce that is none", ["nonce": 5]),
      ("nobody", ["sub": ""]),
    ]
    try await withServer(Self.signIn(provider)) { client in
      for (name, claims) in flaws {
        let (location, attempt) = try await Self.begin(client)
        let query = try provider.authorize(
          location, claims: Self.teacher.merging(claims) { $1 })
        let answer = try await Self.finish(client, query, cookie: attempt)
        #expect(Self.failure(answer) == "wrongAnswer", "\(name)")
        #expect(answer.cookies["progressbus_token"] == nil, "\(name)")
      }
      let signatures: [(String, @Sendable ([UInt8]) throws -> String)] = [
        (
          "none",
          { "\(Base64URL.encode(Array(#"{"alg":"none"}"#.utf8))).\(Base64URL.encode($0))." }
        ),
        (
          "our client's secret",
          {
            try JSONWebSignature.sign(
              $0, with: SigningKey(secret: Array("\(ProviderStub.clientSecret) made longer".utf8)))
          }
        ),
        (
          "the public key as a secret",
          {
            try JSONWebSignature.sign(
              $0, with: SigningKey(secret: Array(tokens.rsaPublicPEM.utf8)))
          }
        ),
        (
          "an unknown key",
          { try JSONWebSignature.sign($0, with: tokens.rsaKey, keyID: "another") }
        ),
        ("no token", { _ in "no token" }),
      ]
      for (name, sign) in signatures {
        provider.sign(sign)
        let (location, attempt) = try await Self.begin(client)
        let query = try provider.authorize(location, claims: Self.teacher)
        let answer = try await Self.finish(client, query, cookie: attempt)
        #expect(Self.failure(answer) == "wrongAnswer", "\(name)")
      }
    }
  }

  @Test func whoMayNotSeeAnythingIsToldSo() async throws {
    let provider = ProviderStub(try await TestTokens.make())
    try await withServer(Self.signIn(provider)) { client in
      for (claims, expected) in [
        ([:], "notAllowed"), (["groups": ["staff"], "courses": ["py101"]], "notAllowed"),
        (["groups": ["progressbus-teachers"]], "noCourses"),
        (["groups": "Progressbus-Teachers", "courses": ["a"]], "notAllowed"),
      ] as [([String: any Sendable], String)] {
        let (location, attempt) = try await Self.begin(client)
        let query = try provider.authorize(location, claims: claims)
        let answer = try await Self.finish(client, query, cookie: attempt)
        #expect(Self.failure(answer) == expected, "\(claims)")
        #expect(answer.headers["location"]?.hasPrefix("/ops?a=b#") == true)
      }
      let (location, attempt) = try await Self.begin(client)
      let state = try provider.authorize(location, claims: [:]).prefix { $0 != "&" }
      let declined = try await Self.finish(
        client, "\(state)&error=access_denied&error_description=%3Cscript%3E", cookie: attempt)
      #expect(Self.failure(declined) == "declined")
    }
  }

  @Test func anAnswerOfAnotherProviderIsRefused() async throws {
    let provider = ProviderStub(try await TestTokens.make())
    try await withServer(Self.signIn(provider)) { client in
      let (location, attempt) = try await Self.begin(client)
      let query = try provider.authorize(location, claims: Self.teacher)
      let wrong = try await Self.finish(
        client, "\(query)&iss=https%3A%2F%2Fevil.example", cookie: attempt)
      #expect(Self.failure(wrong) == "wrongAnswer")
      let issuer = "https%3A%2F%2Fid.school.example%2Frealms%2Fschool"
      let right = try await Self.finish(client, "\(query)&iss=\(issuer)", cookie: attempt)
      #expect(Self.failure(right) == nil)
    }
    // One that says that it names itself has to.
    let naming = ProviderStub(try await TestTokens.make())
    naming.say(["authorization_response_iss_parameter_supported": true])
    try await withServer(Self.signIn(naming)) { client in
      let (location, attempt) = try await Self.begin(client)
      let query = try naming.authorize(location, claims: Self.teacher)
      let answer = try await Self.finish(client, query, cookie: attempt)
      #expect(Self.failure(answer) == "wrongAnswer")
    }
  }

  @Test func aProviderThatIsAwayOrSaysWhatItMayNotIsTold() async throws {
    for metadata in [
      ["issuer": "https://id.school.example"], ["token_endpoint": "http://id.school.example/token"],
      ["jwks_uri": "ftp://id.school.example/keys"], ["authorization_endpoint": 5],
    ] as [[String: any Sendable]] {
      let provider = ProviderStub(try await TestTokens.make())
      provider.say(metadata)
      try await withServer(Self.signIn(provider)) { client in
        let answer = try await client.get("/sign-in/openid?page=%2Fops")
        #expect(answer.headers["location"] == "/ops#sign-in-failed=providerUnavailable")
      }
    }
    let provider = ProviderStub(try await TestTokens.make())
    try await withServer(Self.signIn(provider)) { client in
      let (location, attempt) = try await Self.begin(client)
      let query = try provider.authorize(location, claims: Self.teacher)
      provider.goAway()
      let answer = try await Self.finish(client, query, cookie: attempt)
      #expect(Self.failure(answer) == "providerUnavailable")
    }
  }

  @Test func theClientShowsItsPasswordAsTheProviderWantsIt() async throws {
    let provider = ProviderStub(try await TestTokens.make())
    provider.say([
      "token_endpoint_auth_methods_supported": ["private_key_jwt", "client_secret_post"]
    ])
    try await withServer(Self.signIn(provider, publicURL: nil)) { client in
      let (location, attempt) = try await Self.begin(client)
      #expect(location.contains("redirect_uri=http%3A%2F%2Flocalhost%2Fsign-in"))
      let query = try provider.authorize(location, claims: ["groups": ["progressbus-admins"]])
      let answer = try await Self.finish(client, query, cookie: attempt)
      let token = try #require(answer.pair("progressbus_token"))
      #expect(try await client.get("/courses", [("Cookie", token)]).body == "all")
      let request = try #require(provider.requests.last { $0.method == .post })
      #expect(request.headers[.authorization] == nil)
    }
  }

  @Test(arguments: [
    "//evil.example", "https://evil.example/", "/\\evil.example", "/ops/../x", "/css/x",
    "javascript:alert(1)", "/?a#token=b", "/ops\r\nSet-Cookie: a=b", "", "/é",
  ])
  func nobodyIsSentAnywhereElseAfterwards(_ page: String) {
    #expect(SignInAttempt(page: page, endsAt: 0).page == "/")
  }

  /// RFC 7636, appendix B.
  @Test func theChallengeIsTheStandards() {
    #expect(
      SignInAttempt.challenge(of: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
        == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
  }
}
