public import Cryptography
import Foundation
import JSONText

/// What tokens have to say beside a right signature.
public struct TokenRules: Sendable {
  /// What `iss` must be; nil where any will do.
  public var issuer: String?
  /// What `aud` must hold; nil where any will do.
  public var audience: String?
  /// How far clocks may be apart, in seconds.
  public var leeway: Int64 = 60

  public init(issuer: String? = nil, audience: String? = nil) {
    self.issuer = issuer
    self.audience = audience
  }
}

/// A token whose signature and claims were found right. Later it may still end or be revoked.
public final class VerifiedToken: Sendable {
  public let claims: TokenClaims
  /// The claim `sub` in UTF-8, which the learner of each event is compared with.
  public let subjectBytes: [UInt8]?
  /// The claim `courses` in UTF-8, which the course of each event is compared with.
  public let courseBytes: [[UInt8]]
  /// The moment until which it is good, the leeway included, in seconds since 1970.
  public let goodUntil: Int64
  /// Whose limits its requests count for.
  public let holder: TokenHolder

  /// - Parameter text: the token itself.
  init(claims: TokenClaims, goodUntil: Int64, text: String) {
    self.claims = claims
    subjectBytes = claims.subject.map { Array($0.utf8) }
    courseBytes = claims.courses.map { Array($0.text.utf8) }
    self.goodUntil = goodUntil
    holder = claims.subject.map { .subject($0) } ?? .token(SHA256Digest(of: text))
  }
}

/// Who has a token. One who gets a new token stays the same.
public enum TokenHolder: Hashable, Sendable {
  /// The claim `sub`.
  case subject(String)
  /// Of a token without a `sub`: its SHA-256.
  case token(SHA256Digest)
}

/// Why a token is not taken. The descriptions are for whoever sent it, and hold nothing of it.
public enum TokenFault: String, Error, Sendable, Equatable, CaseIterable {
  // The texts are values of a metric's label.
  case missing
  case severalAtOnce = "several"
  case malformed
  case unsupportedAlgorithm = "algorithm"
  case unknownKey = "unknown_key"
  case wrongSignature = "signature"
  case withoutEnd = "without_end"
  case ended
  case notYetValid = "not_yet_valid"
  case wrongIssuer = "issuer"
  case wrongAudience = "audience"
  case revoked
  /// The keys that tokens are checked with cannot be had; this says nothing about the token.
  case keysUnavailable = "keys_unavailable"
  /// Nobody knows yet which tokens are revoked.
  case revocationsUnknown = "revocations_unknown"

  /// Within the characters that `error_description` of RFC 6750, section 3, may have.
  public var description: String {
    switch self {
    case .missing: "a token is needed"
    case .severalAtOnce: "more than one token was sent"
    case .malformed: "the token is no JSON Web Token"
    case .unsupportedAlgorithm: "the token is not signed with HS256, RS256 or ES256"
    case .unknownKey: "the token names a key that this server does not know"
    case .wrongSignature: "the signature of the token is wrong"
    case .withoutEnd: "the token does not say when it ends"
    case .ended: "the token has ended"
    case .notYetValid: "the token is not valid yet"
    case .wrongIssuer: "the token is of another issuer"
    case .wrongAudience: "the token is for another audience"
    case .revoked: "the token was revoked"
    case .keysUnavailable: "the keys that tokens are checked with cannot be had; try again"
    case .revocationsUnknown: "it is not known yet which tokens are revoked; try again"
    }
  }

  /// Whether the same token may be taken a moment later.
  public var isOfTheServer: Bool { self == .keysUnavailable || self == .revocationsUnknown }
}

/// Tells whether a token is one of ours, or of an OpenID provider, and good now. Pure but for the keys that it
/// looks at.
public struct TokenVerifier: Sendable {
  let rules: TokenRules
  let keys: KeyStore

  public init(rules: TokenRules, keys: KeyStore) {
    self.rules = rules
    self.keys = keys
  }

  /// - Parameter now: in seconds since 1970.
  public func verify(_ text: String, now: Int64) throws(TokenFault) -> VerifiedToken {
    let message: JSONWebSignature
    do throws(JSONWebSignature.FormatError) {
      message = try JSONWebSignature(compact: text)
    } catch {
      switch error {
      case .malformed: throw .malformed
      case .unsupportedAlgorithm, .unsupportedExtension: throw .unsupportedAlgorithm
      }
    }
    let key = try keys.key(named: message.keyID, for: message.algorithm)
    guard message.isSigned(with: key) else { throw .wrongSignature }
    let claims: TokenClaims
    do throws(TokenClaims.Fault) {
      claims = try TokenClaims(payload: message.payload)
    } catch {
      throw error == .withoutEnd ? .withoutEnd : .malformed
    }
    let token = VerifiedToken(
      claims: claims, goodUntil: claims.expiresAt + rules.leeway, text: text)
    guard now < token.goodUntil else { throw .ended }
    // A token of the future was issued by a clock that is wrong, or is meant for later.
    for moment in [claims.notBefore, claims.issuedAt] {
      if let moment, moment > now + rules.leeway { throw .notYetValid }
    }
    if let issuer = rules.issuer {
      guard let claimed = claims.issuer, claimed.isSame(issuer) else { throw .wrongIssuer }
    }
    if let audience = rules.audience {
      guard claims.audience.contains(where: { $0.isSame(audience) }) else { throw .wrongAudience }
    }
    return token
  }
}

/// The tokens that were verified lately, by their digest, so that the next request costs a digest in the place
/// of a signature. Bounded: what is not asked for any more goes with its generation.
struct VerifiedTokenCache {
  private let capacity: Int
  private var recent: [SHA256Digest: VerifiedToken] = [:]
  private var older: [SHA256Digest: VerifiedToken] = [:]
  /// The state of keys and revocations that the tokens were verified under.
  private var revision = 0

  /// - Parameter capacity: tokens are kept up to twice as many.
  init(capacity: Int = 8192) {
    self.capacity = capacity
  }

  /// - Parameter revision: another than last time forgets all.
  mutating func token(_ digest: SHA256Digest, revision: Int, now: Int64) -> VerifiedToken? {
    if revision != self.revision {
      self = VerifiedTokenCache(capacity: capacity)
      self.revision = revision
    }
    if let token = recent[digest] { return now < token.goodUntil ? token : nil }
    guard let token = older.removeValue(forKey: digest), now < token.goodUntil else { return nil }
    keep(token, digest)
    return token
  }

  mutating func keep(_ token: VerifiedToken, _ digest: SHA256Digest) {
    if recent.count >= capacity {
      older = recent
      recent = [:]
    }
    recent[digest] = token
  }
}
