import Access
import Cryptography
import HTTPServer
import HTTPServerTesting
import Hummingbird
import Logging
import ProgressBusTesting
import SignIn

let silentLogger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// A server where whoever asks needs a token of `TestTokens`, with the routes of signing in and one that reads.
struct SignInServer: Sendable {
  var asksForTokens = true
  var isAlwaysSecure = false
  var openID: OpenIDSignIn?
  /// Of tokens that are not signed with the secret.
  var keySet: String?

  func run<Result: Sendable>(
    _ body: @escaping @Sendable (RouterClient) async throws -> Result
  ) async throws -> Result {
    let access = asksForTokens ? try await makeAccess() : .open
    let base = Router(context: CallerRequestContext.self)
    base.add(middleware: ProblemMiddleware())
    base.add(middleware: CrossOriginProtection())
    let router = AccessRouter(base, check: access)
    SignInRoutes(access: access, isAlwaysSecure: isAlwaysSecure, openID: openID)
      .add(to: router.requiring(.open))
    router.requiring(.reading).get("/courses") { _, context in
      context.caller.courses.names?.sorted().joined(separator: " ") ?? "all"
    }
    router.requiring(.operating).post("/purge") { _, _ in "purged" }
    return try await withRouter(try router.checked(), body)
  }

  private func makeAccess() async throws -> AccessCheck {
    let revocations = RevocationList(logger: silentLogger)
    try await revocations.load(NoRevocations(), now: 0)
    let keys = KeyStore(
      secret: try VerificationKey(secret: Array(TestTokens.secret.utf8)),
      source: keySet.map(GivenKeys.init), logger: silentLogger)
    await keys.askForUnknownKey()
    return AccessCheck(
      rules: TokenRules(issuer: TestTokens.issuer, audience: TestTokens.audience), keys: keys,
      revocations: revocations)
  }
}

private struct GivenKeys: KeySetSource {
  let json: String

  func keySet() async throws -> [UInt8] { Array(json.utf8) }
}

private struct NoRevocations: RevocationStore {
  func revision() async throws -> String? { nil }
  func revokedTokens() async throws -> [RevokedToken] { [] }
  func revoke(_ tokens: [RevokedToken]) async throws {}
}

extension RawClient.Response {
  /// The cookies that the answer sets, each as it is written, by name.
  var cookies: [String: String] {
    let lines = (headers["set-cookie"] ?? "").split(separator: "\n").map(String.init)
    return Dictionary(uniqueKeysWithValues: lines.map { (String($0.prefix { $0 != "=" }), $0) })
  }

  /// What a browser sends back of a cookie: its name and value.
  func pair(_ cookie: String) -> String? { cookies[cookie].map { String($0.prefix { $0 != ";" }) } }
}
