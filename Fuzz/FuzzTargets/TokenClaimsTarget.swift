import Cryptography
import JSONText
import Logging

@testable import Access

extension FuzzTarget {
  /// The claims of a token whose signature is right: whoever holds a key of a provider writes what they like.
  static let tokenClaims = FuzzTarget("token-claims", seeds: claims.map { Array($0.utf8) }) {
    input in
    guard let token = try? JSONWebSignature.sign(Array(input), with: signing),
      let verified = try? verifier.verify(token, now: now)
    else { return nil }
    return fault(of: verified) ?? fault(of: verified.claims, in: input)
  }

  private static func fault(of token: VerifiedToken) -> String? {
    let claims = token.claims
    if token.goodUntil <= now || token.goodUntil != claims.expiresAt + 60 {
      return "an end that is none"
    }
    if [claims.notBefore, claims.issuedAt].contains(where: { $0 ?? 0 > now + 60 }) {
      return "a token of the future"
    }
    guard claims.issuer?.isSame("https://issuer.example") == true,
      claims.audience.contains(where: { $0.isSame("progressbus") })
    else { return "a token of somebody else, or for somebody else" }
    return nil
  }

  private static func fault(
    of claims: TokenClaims, in input: UnsafeBufferPointer<UInt8>
  ) -> String? {
    if let subject = claims.subject, !subject.composed.isSame(subject) {
      return "a subject that is not in normal form C"
    }
    for course in claims.courses {
      guard course.text.composed.isSame(course.text) else {
        return "a course that is not in normal form C"
      }
      guard !course.text.utf8.contains(0) else { return "a course that no event can have" }
    }
    let text = String(decoding: input, as: UTF8.self)
    for scope in claims.scopes where !text.contains("\\") && !text.contains(scope.rawValue) {
      return "scope \(scope.rawValue), which nobody wrote"
    }
    guard let again = try? TokenClaims(payload: claims.payload), again == claims else {
      return "claims that are not what they are written as"
    }
    return nil
  }

  private static let now: Int64 = 1_790_000_000
  private static let secret = Array("a secret of a test, 32 bytes or more".utf8)
  // A secret of this length is always taken.
  private static let signing = try! SigningKey(secret: secret)
  private static let verifier = TokenVerifier(
    rules: TokenRules(issuer: "https://issuer.example", audience: "progressbus"),
    keys: KeyStore(
      secret: try! VerificationKey(secret: secret), source: nil,
      logger: Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() }))

  private static let claims = [
    #"{"iss":"https://issuer.example","aud":"progressbus","sub":"s-1","scope":"ingest","#
      + #""exp":1790003600,"iat":1790000000,"jti":"01a1fe44-1dce-7bc2-9ac3-80e3065b83ee"}"#,
    #"{"iss":"https://issuer.example","aud":["others","progressbus"],"sub":"Zoe\u0301","#
      + #""scope":["dashboard","ingest:class","openid"],"courses":["cafe\u0301","py 101",""],"#
      + #""exp":1790003600.5,"nbf":-1,"extra":{"a":[1,null]}}"#,
    #"{"iss":"https://issuer.example","aud":"progressbus","scope":"admin","exp":1790000001e0}"#,
  ]
}
