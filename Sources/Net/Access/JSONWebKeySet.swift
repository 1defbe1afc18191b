import Cryptography
import Foundation

/// The public keys of an issuer (RFC 7517, section 5). Keys that cannot sign tokens for us are left out, as
/// the standard wants it: other kinds, keys for encryption, curves and algorithms that nobody here checks.
/// So are symmetric keys: a set is public.
struct JSONWebKeySet: Sendable {
  struct Member: Sendable {
    let id: String?
    let key: VerificationKey
  }

  let members: [Member]

  /// Nil for what is no set of keys.
  init?(json: [UInt8]) {
    guard let set = try? JSONDecoder().decode(WrittenSet.self, from: Data(json)) else { return nil }
    members = set.keys.compactMap { written in
      guard let written = written.value, written.use ?? "sig" == "sig",
        written.operations?.contains("verify") ?? true, let key = written.key,
        written.alg ?? key.algorithm.rawValue == key.algorithm.rawValue
      else { return nil }
      return Member(id: written.kid, key: key)
    }
  }

  /// The one key that may have signed: of this name, or without one where the token names none.
  func key(named id: String?, for algorithm: JSONWebAlgorithm) -> VerificationKey? {
    let fitting = members.filter { $0.id == id && $0.key.algorithm == algorithm }
    return fitting.count == 1 ? fitting[0].key : nil
  }

  /// The only key of an algorithm, whatever its name.
  func onlyKey(for algorithm: JSONWebAlgorithm) -> VerificationKey? {
    let fitting = members.filter { $0.key.algorithm == algorithm }
    return fitting.count == 1 ? fitting[0].key : nil
  }
}

private struct WrittenSet: Decodable {
  /// A key that cannot be read must not cost the others.
  struct Lenient: Decodable {
    let value: WrittenKey?

    init(from decoder: any Decoder) { value = try? WrittenKey(from: decoder) }
  }

  let keys: [Lenient]
}

/// A JSON Web Key with the members that RFC 7517 and RFC 7518, section 6, name.
private struct WrittenKey: Decodable {
  private enum CodingKeys: String, CodingKey {
    case kty, kid, use, alg, crv, n, e, x, y
    case operations = "key_ops"
  }

  let kty: String
  let kid: String?
  let use: String?
  let operations: [String]?
  let alg: String?
  let crv: String?
  let n: String?
  let e: String?
  let x: String?
  let y: String?

  var key: VerificationKey? {
    func bytes(_ text: String?) -> [UInt8]? { text.flatMap { Base64URL.decode($0.utf8) } }
    switch kty {
    case "RSA":
      guard let modulus = bytes(n), let exponent = bytes(e) else { return nil }
      return try? VerificationKey(rsaModulus: modulus, exponent: exponent)
    case "EC" where crv == "P-256":
      guard let x = bytes(x), let y = bytes(y) else { return nil }
      return try? VerificationKey(p256X: x, y: y)
    default: return nil
    }
  }
}
