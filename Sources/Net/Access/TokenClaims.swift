import Cryptography
import Foundation
public import JSONText

/// What a token allows.
public enum Scope: String, Sendable, CaseIterable, Codable {
  /// Send events of the learner whom `sub` names.
  case ingest
  /// Send events of anybody in the token's `courses`.
  case ingestClass = "ingest:class"
  /// See the token's `courses`.
  case dashboard
  /// See every course, and do what operators do.
  case admin
}

/// The claims of a JSON Web Token (RFC 7519, section 4) that ProgressBus reads. Whoever has them without a
/// `TokenVerifier` knows what somebody says, not that it is so.
public struct TokenClaims: Sendable, Equatable {
  /// `iss`.
  public var issuer: String?
  /// `aud`, which may be one text or several.
  public var audience: [String] = []
  /// `sub`, in normal form C, as the identifiers of learners in events are.
  public var subject: String?
  /// `scope`, words with spaces between them (RFC 8693, section 4.2), or an array of words. Words of others
  /// are left out.
  public var scopes: Set<Scope> = []
  /// `courses`, an array, in normal form C.
  public var courses: Set<ExactText> = []
  /// `exp`, in seconds since 1970.
  public var expiresAt: Int64
  /// `nbf`.
  public var notBefore: Int64?
  /// `iat`.
  public var issuedAt: Int64?
  /// `jti`, by which a token is revoked.
  public var id: String?

  public init(scopes: Set<Scope>, expiresAt: Int64) {
    self.scopes = scopes
    self.expiresAt = expiresAt
  }

  /// Names the courses, in normal form C.
  public mutating func name(courses names: [String]) {
    // No event's course holds U+0000, and PostgreSQL knows no such text.
    courses = Set(names.filter { !$0.utf8.contains(0) }.map { ExactText($0.composed) })
  }

  /// Why claims are of no use.
  public enum Fault: Error, Sendable, Equatable {
    /// No JSON object, or a claim of another type than RFC 7519 has for it.
    case malformed
    /// A token that never ends could not be forgotten once it is revoked.
    case withoutEnd
  }

  /// - Parameter payload: of a token, JSON.
  public init(payload: [UInt8]) throws(Fault) {
    guard let claims = try? JSONDecoder().decode(WrittenClaims.self, from: Data(payload)) else {
      throw .malformed
    }
    func seconds(_ date: Double?) throws(Fault) -> Int64? {
      guard let date else { return nil }
      // Far beyond every calendar, and far within what an integer holds.
      guard abs(date) < 1e12 else { throw .malformed }
      return Int64(date.rounded(.down))
    }
    guard let expiresAt = try seconds(claims.exp) else { throw .withoutEnd }
    self.expiresAt = expiresAt
    notBefore = try seconds(claims.nbf)
    issuedAt = try seconds(claims.iat)
    issuer = claims.iss
    audience = claims.aud?.texts ?? []
    subject = claims.sub?.composed
    scopes = Set(
      (claims.scope?.texts ?? []).flatMap { $0.split(separator: " ") }
        .compactMap { Scope(rawValue: String($0)) })
    id = claims.jti
    name(courses: claims.courses ?? [])
  }

  /// The payload of a token with these claims.
  public var payload: [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let claims = WrittenClaims(
      iss: issuer, aud: audience.isEmpty ? nil : TextOrTexts(audience), sub: subject,
      exp: Double(expiresAt), nbf: notBefore.map(Double.init), iat: issuedAt.map(Double.init),
      jti: id, scope: TextOrTexts([scopes.map(\.rawValue).sorted().joined(separator: " ")]),
      courses: courses.isEmpty ? nil : courses.map(\.text).sorted())
    guard let payload = try? encoder.encode(claims) else {
      preconditionFailure("texts and whole numbers can always be encoded")
    }
    return Array(payload)
  }
}

/// The claims as they stand in JSON.
private struct WrittenClaims: Codable {
  var iss: String?
  var aud: TextOrTexts?
  var sub: String?
  var exp: Double?
  var nbf: Double?
  var iat: Double?
  var jti: String?
  var scope: TextOrTexts?
  var courses: [String]?
}

/// A claim that may be a text or an array of texts; one is written as a text.
private struct TextOrTexts: Codable {
  let texts: [String]

  init(_ texts: [String]) { self.texts = texts }

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let text = try? container.decode(String.self) {
      texts = [text]
    } else {
      texts = try container.decode([String].self)
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if texts.count == 1 { try container.encode(texts[0]) } else { try container.encode(texts) }
  }
}
