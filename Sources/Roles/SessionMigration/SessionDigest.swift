import Cryptography
import Sessions

/// A session in 64 bits, for sets that must stay small however many sessions there are. Among a million,
/// two are alike with a chance of 1 to 37 million.
struct SessionDigest: Hashable, Sendable {
  private let bits: UInt64

  init(_ key: SessionKey, version: String = "") {
    let digest = SHA256.digest(
      Array(key.user.utf8), [0], Array(key.id.utf8), [0], Array(version.utf8))
    bits = digest.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
  }
}

extension SessionKey {
  /// The user for reports: the first 12 digits of the SHA-256 of the id.
  var userPseudonym: String { String(SHA256.digest(of: user).lowercaseHex.prefix(12)) }

  /// The id for reports: itself when a program made it, by its looks, else a pseudonym.
  var shownID: String {
    let isPlain = id.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
        true
      default: false
      }
    }
    return isPlain ? id : "sha256:" + SHA256.digest(of: id).lowercaseHex.prefix(12)
  }
}
