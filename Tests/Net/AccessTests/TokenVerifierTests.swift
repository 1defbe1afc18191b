import Cryptography
import Foundation
import JSONText
import Logging
import ProgressBusTesting
import Synchronization
import Testing

@testable import Access

let silentLogger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// A key set that tests give, and how often it was asked for.
actor GivenKeySet: KeySetSource {
  var json: String?
  private(set) var requests = 0

  init(_ json: String?) { self.json = json }

  func give(_ json: String?) { self.json = json }

  func keySet() async throws -> [UInt8] {
    requests += 1
    try await Task.sleep(for: .milliseconds(20))
    guard let json else { throw CocoaError(.fileNoSuchFile) }
    return Array(json.utf8)
  }
}

/// A check as a server has it, with the secret and the key set of `TestTokens`.
func makeCheck(
  _ keySet: String?, revoked: [RevokedToken] = [],
  revocations: RevocationList = RevocationList(logger: silentLogger),
  refused: RefusedRequests = .uncounted,
  now: @escaping @Sendable () -> Int64 = AccessCheck.systemSeconds
) async throws -> AccessCheck {
  let keys = KeyStore(
    secret: try VerificationKey(secret: Array(TestTokens.secret.utf8)),
    source: keySet.map { GivenKeySet($0) }, logger: silentLogger)
  await keys.askForUnknownKey()
  _ = revocations.learn(revoked, now: now())
  return AccessCheck(
    rules: TokenRules(issuer: TestTokens.issuer, audience: TestTokens.audience), keys: keys,
    revocations: revocations, refused: refused, now: now)
}

struct TokenVerifierTests {
  @Test func aGoodTokenOfTheSecretAndOneOfTheKeySetAreTaken() async throws {
    let tokens = try await TestTokens.make()
    let check = try await makeCheck(tokens.keySet)
    let claims = TestTokens.claims(scope: "dashboard", courses: ["py101"])
    #expect(await check.fault(ofToken: try TestTokens.token(claims)) == nil)
    #expect(await check.fault(ofToken: try tokens.rsaToken(claims)) == nil)
  }

  @Test func everyFlawIsFoundAndNamed() async throws {
    let tokens = try await TestTokens.make()
    let check = try await makeCheck(
      tokens.keySet, revoked: [RevokedToken(id: TestTokens.revokedID, expiresAt: nil)])
    let faults: [TokenFlaw: TokenFault] = [
      .ended: .ended, .notYetValid: .notYetValid, .issuedInTheFuture: .notYetValid,
      .withoutEnd: .withoutEnd, .wrongAudience: .wrongAudience, .wrongIssuer: .wrongIssuer,
      .revoked: .revoked, .wrongSignature: .wrongSignature, .algorithmNone: .unsupportedAlgorithm,
      .publicKeyAsSecret: .wrongSignature, .unknownKey: .unknownKey,
      .textAfterTheSignature: .malformed,
    ]
    for flaw in TokenFlaw.allCases {
      guard let text = try tokens.token(flaw, TestTokens.claims(scope: "admin")) else { continue }
      #expect(await check.fault(ofToken: text) == faults[flaw], "\(flaw)")
    }
  }

  @Test func clocksMayBeAMinuteApart() async throws {
    let tokens = try await TestTokens.make()
    let check = try await makeCheck(tokens.keySet)
    let now = Int(Date().timeIntervalSince1970)
    var claims = TestTokens.claims(scope: "admin")
    claims["exp"] = now - 30
    #expect(await check.fault(ofToken: try TestTokens.token(claims)) == nil)
    claims["exp"] = now + 600
    claims["nbf"] = now + 30
    #expect(await check.fault(ofToken: try TestTokens.token(claims)) == nil)
  }

  @Test func aTokenThatWasTakenEndsAllTheSame() async throws {
    let clock = Atomic64(AccessCheck.systemSeconds())
    let check = try await makeCheck(nil, now: { clock.value })
    let text = try TestTokens.token(scope: "admin")
    #expect(await check.fault(ofToken: text) == nil)
    clock.value += 3600 + 59
    #expect(await check.fault(ofToken: text) == nil)
    clock.value += 2
    #expect(await check.fault(ofToken: text) == .ended)
  }

  @Test func nothingIsTakenBeforeTheRevokedTokensAreKnown() async throws {
    let keys = KeyStore(
      secret: try VerificationKey(secret: Array(TestTokens.secret.utf8)), source: nil,
      logger: silentLogger)
    let check = AccessCheck(
      rules: TokenRules(), keys: keys, revocations: RevocationList(logger: silentLogger))
    let fault = await check.fault(ofToken: try TestTokens.token(scope: "admin"))
    #expect(fault == .revocationsUnknown)
  }

  @Test func claimsAreReadAsIssuersWriteThem() throws {
    let claims = try TokenClaims(
      payload: Array(
        #"""
        {"exp":1.7e9,"aud":"one","scope":["dashboard","openid"],"sub":"Zoe\u0308","courses":["cafe\u0301","a\u0000b"]}
        """#.utf8))
    #expect(claims.expiresAt == 1_700_000_000)
    #expect(claims.audience == ["one"])
    #expect(claims.scopes == [.dashboard])
    #expect(claims.subject.map(ExactText.init) == ExactText("Zo\u{EB}"))
    #expect(claims.courses == [ExactText("caf\u{E9}")])
    #expect(try TokenClaims(payload: claims.payload) == claims)
    for wrong in [#"{"exp":"soon"}"#, "[]", #"{"exp":1e300}"#, #"{"exp":1,"courses":"a"}"#] {
      #expect(throws: TokenClaims.Fault.malformed) { try TokenClaims(payload: Array(wrong.utf8)) }
    }
  }

  @Test func theCacheIsBoundedAndForgetsWhatHasChanged() throws {
    var cache = VerifiedTokenCache(capacity: 10)
    let token = VerifiedToken(
      claims: TokenClaims(scopes: [], expiresAt: 100), goodUntil: 100, text: "")
    let digests = (0..<25).map { SHA256Digest(of: "\($0)") }
    for digest in digests {
      #expect(cache.token(digest, revision: 1, now: 0) == nil)
      cache.keep(token, digest)
    }
    let kept = digests.filter { cache.token($0, revision: 1, now: 0) != nil }
    #expect(kept.count >= 10 && kept.count <= 20)
    #expect(cache.token(digests[24], revision: 1, now: 100) == nil)
    #expect(cache.token(digests[24], revision: 1, now: 99) != nil)
    #expect(cache.token(digests[24], revision: 2, now: 0) == nil)
  }
}

/// A number that tests move.
final class Atomic64: Sendable {
  private let number: Mutex<Int64>
  init(_ value: Int64) { number = Mutex(value) }
  var value: Int64 {
    get { number.withLock { $0 } }
    set { number.withLock { $0 = newValue } }
  }
}
