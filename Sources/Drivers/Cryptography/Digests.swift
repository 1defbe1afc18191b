internal import CLibCrypto

/// SHA-256 (FIPS 180-4).
public enum SHA256 {
  public static let byteCount = 32

  /// The digest of all parts, one behind the other.
  public static func digest(_ parts: [UInt8]...) -> [UInt8] {
    let digest = SHA256Digest { update in
      for part in parts { part.withUnsafeBytes(update) }
    }
    return withUnsafeBytes(of: digest.words, Array.init)
  }

  /// The digest of a text in UTF-8.
  public static func digest(of text: String) -> [UInt8] {
    withUnsafeBytes(of: SHA256Digest(of: text).words, Array.init)
  }
}

/// SHA-1 (FIPS 180-4), which UUIDs of version 5 are made by (RFC 9562, section 5.5). For names alone: two texts with one digest
/// can be made.
public enum SHA1 {
  public static let byteCount = 20

  /// The digest of all parts, one behind the other.
  public static func digest(_ parts: [UInt8]...) -> [UInt8] {
    let context = EVP_MD_CTX_new()
    defer { EVP_MD_CTX_free(context) }
    var isDone = EVP_DigestInit_ex2(context, fetchedSHA1.algorithm, nil) == 1
    for part in parts { isDone = isDone && EVP_DigestUpdate(context, part, part.count) == 1 }
    var digest = [UInt8](repeating: 0, count: byteCount)
    isDone = isDone && EVP_DigestFinal_ex(context, &digest, nil) == 1
    precondition(isDone, "libcrypto cannot compute SHA-1")
    return digest
  }
}

/// A digest that lies in place, for keys of dictionaries.
public struct SHA256Digest: Hashable, Sendable {
  /// In the order of memory.
  fileprivate let words: (UInt64, UInt64, UInt64, UInt64)

  /// Of a text in UTF-8.
  public init(of text: String) {
    var text = text
    self.init { update in text.withUTF8 { update(UnsafeRawBufferPointer($0)) } }
  }

  fileprivate init(of body: ((UnsafeRawBufferPointer) -> Void) -> Void) {
    let context = EVP_MD_CTX_new()
    defer { EVP_MD_CTX_free(context) }
    var isDone = EVP_DigestInit_ex2(context, fetchedSHA256.algorithm, nil) == 1
    body { part in
      isDone = isDone && EVP_DigestUpdate(context, part.baseAddress, part.count) == 1
    }
    var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    withUnsafeMutableBytes(of: &words) { bytes in
      let digest = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
      isDone = isDone && EVP_DigestFinal_ex(context, digest, nil) == 1
    }
    // Nothing in the input can make it fail, and a wrong digest must not go on.
    precondition(isDone, "libcrypto cannot compute SHA-256")
    self.words = words
  }

  public static func == (left: Self, right: Self) -> Bool { left.words == right.words }

  /// The digest's bits are spread evenly; the hasher's seed keeps whoever chooses texts from choosing buckets.
  public func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}

/// Looked up once: `EVP_sha256()` has libcrypto 3 search its providers each time
/// (https://docs.openssl.org/3.0/man7/crypto/#performance).
private let fetchedSHA256 = FetchedAlgorithm("SHA256")
private let fetchedSHA1 = FetchedAlgorithm("SHA1")

/// Sendable although it holds a pointer: what is fetched is never changed nor freed, and libcrypto counts its
/// uses atomically.
private struct FetchedAlgorithm: @unchecked Sendable {
  let algorithm: OpaquePointer?

  init(_ name: String) { algorithm = EVP_MD_fetch(nil, name, nil) }
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
