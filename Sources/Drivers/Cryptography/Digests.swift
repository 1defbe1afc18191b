internal import CLibCrypto

/// SHA-256 (FIPS 180-4).
public enum SHA256 {
  public static let byteCount = 32

  /// The digest of all parts, one behind the other.
  public static func digest(_ parts: [UInt8]...) -> [UInt8] {
    let context = EVP_MD_CTX_new()
    defer { EVP_MD_CTX_free(context) }
    var digest = [UInt8](repeating: 0, count: byteCount)
    var isDone = EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1
    for part in parts where isDone { isDone = EVP_DigestUpdate(context, part, part.count) == 1 }
    isDone = isDone && EVP_DigestFinal_ex(context, &digest, nil) == 1
    // Nothing in the input can make it fail, and a wrong digest must not go on.
    precondition(isDone, "libcrypto cannot compute SHA-256")
    return digest
  }

  /// The digest of a text in UTF-8.
  public static func digest(of text: String) -> [UInt8] { digest(Array(text.utf8)) }
}

/// Message authentication codes with SHA-256 (RFC 2104).
public enum HMACSHA256 {
  public static func code(for message: [UInt8], key: [UInt8]) -> [UInt8] {
    var code = [UInt8](repeating: 0, count: SHA256.byteCount)
    // A null key would mean "the key of the call before"; Swift passes one for an empty array.
    let key = key.isEmpty ? [0] : key
    let isDone =
      HMAC(EVP_sha256(), key, Int32(key.count), message, message.count, &code, nil) != nil
    precondition(isDone, "libcrypto cannot compute HMAC-SHA-256")
    return code
  }
}

/// Whether two secrets are alike, in a time that tells nothing about where they differ. Their lengths
/// are no secret.
public func areEqualInConstantTime(_ left: [UInt8], _ right: [UInt8]) -> Bool {
  left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
}

extension Sequence<UInt8> {
  /// Two lower-case hexadecimal digits a byte.
  public var lowercaseHex: String {
    var text: [UInt8] = []
    text.reserveCapacity(underestimatedCount * 2)
    for byte in self { text += [hexDigits[Int(byte >> 4)], hexDigits[Int(byte & 15)]] }
    return String(decoding: text, as: UTF8.self)
  }
}

private let hexDigits = Array("0123456789abcdef".utf8)
