internal import CLibCrypto

/// An asymmetric key inside libcrypto, private or public: RSA of at least 2,048 bits, or P-256.
///
/// Unchecked because it holds a pointer: the key behind it is not changed after `init`, and libcrypto
/// lets many threads sign and verify with one key, each by an `EVP_MD_CTX` of its own, as here.
final class KeyHandle: @unchecked Sendable {
  let algorithm: JSONWebAlgorithm
  private let key: OpaquePointer

  /// Takes the key over.
  private init(_ key: OpaquePointer?) throws(KeyError) {
    guard let key else {
      ERR_clear_error()
      throw .malformed
    }
    if EVP_PKEY_is_a(key, "RSA") == 1, EVP_PKEY_get_bits(key) >= 2_048 {
      algorithm = .rs256
    } else if EVP_PKEY_is_a(key, "EC") == 1, Self.isP256(key) {
      algorithm = .es256
    } else {
      EVP_PKEY_free(key)
      throw .unsupported
    }
    self.key = key
  }

  deinit {
    EVP_PKEY_free(key)
  }

  private static func isP256(_ key: OpaquePointer) -> Bool {
    var name = [CChar](repeating: 0, count: 64)
    guard EVP_PKEY_get_group_name(key, &name, name.count, nil) == 1 else { return false }
    return name.withUnsafeBufferPointer { String(cString: $0.baseAddress!) } == "prime256v1"
  }

  // MARK: Reading keys

  convenience init(privatePEM pem: String) throws(KeyError) {
    try self.init(Self.read(pem) { PEM_read_bio_PrivateKey($0, nil, noPassphrase, nil) })
  }

  convenience init(publicPEM pem: String) throws(KeyError) {
    try self.init(Self.read(pem) { PEM_read_bio_PUBKEY($0, nil, noPassphrase, nil) })
  }

  private static func read(_ pem: String, _ body: (OpaquePointer) -> OpaquePointer?)
    -> OpaquePointer?
  {
    let bytes = Array(pem.utf8)
    guard let source = BIO_new_mem_buf(bytes, Int32(clamping: bytes.count)) else { return nil }
    defer { BIO_free(source) }
    return withExtendedLifetime(bytes) { body(source) }
  }

  convenience init(rsaModulus modulus: [UInt8], exponent: [UInt8]) throws(KeyError) {
    let n = BN_bin2bn(modulus, Int32(clamping: modulus.count), nil)
    let e = BN_bin2bn(exponent, Int32(clamping: exponent.count), nil)
    defer {
      BN_free(n)
      BN_free(e)
    }
    try self.init(progressbus_rsa_public_key(n, e))
  }

  /// libcrypto refuses a point that is not on the curve.
  convenience init(p256X x: [UInt8], y: [UInt8]) throws(KeyError) {
    guard x.count == 32, y.count == 32 else { throw .malformed }
    let point = [4] + x + y
    try self.init(progressbus_p256_public_key(point, point.count))
  }

  // MARK: Signing and verifying

  /// - Returns: the signature as JWS has it, nil when libcrypto cannot sign with this key.
  func sign(_ message: [UInt8]) -> [UInt8]? {
    let context = EVP_MD_CTX_new()
    defer {
      EVP_MD_CTX_free(context)
      ERR_clear_error()
    }
    var length = 0
    guard EVP_DigestSignInit(context, nil, EVP_sha256(), nil, key) == 1,
      EVP_DigestSign(context, nil, &length, message, message.count) == 1
    else { return nil }
    var signature = [UInt8](repeating: 0, count: length)
    guard EVP_DigestSign(context, &signature, &length, message, message.count) == 1 else {
      return nil
    }
    signature.removeLast(signature.count - length)
    return algorithm == .es256 ? P256Signature.joined(fromDER: signature) : signature
  }

  func isSignature(_ signature: [UInt8], of message: [UInt8]) -> Bool {
    var signature = signature
    if algorithm == .es256 {
      guard let der = P256Signature.der(fromJoined: signature) else { return false }
      signature = der
    }
    let context = EVP_MD_CTX_new()
    defer {
      EVP_MD_CTX_free(context)
      // A wrong signature leaves an error behind, which another user of this thread would read.
      ERR_clear_error()
    }
    return EVP_DigestVerifyInit(context, nil, EVP_sha256(), nil, key) == 1
      && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
  }
}

/// Without it libcrypto asks the terminal for the passphrase of an encrypted key.
private func noPassphrase(
  _: UnsafeMutablePointer<CChar>?, _: Int32, _: Int32, _: UnsafeMutableRawPointer?
) -> Int32 { -1 }

/// The two forms of an ECDSA signature over P-256: ASN.1 for libcrypto, and for JWS both numbers with 32
/// bytes each (RFC 7518, section 3.4).
private enum P256Signature {
  static func joined(fromDER der: [UInt8]) -> [UInt8]? {
    var joined = [UInt8](repeating: 0, count: 64)
    let isDone = der.withUnsafeBufferPointer { bytes in
      var start = bytes.baseAddress
      guard let signature = d2i_ECDSA_SIG(nil, &start, bytes.count) else { return false }
      defer { ECDSA_SIG_free(signature) }
      return joined.withUnsafeMutableBufferPointer { room in
        BN_bn2binpad(ECDSA_SIG_get0_r(signature), room.baseAddress, 32) == 32
          && BN_bn2binpad(ECDSA_SIG_get0_s(signature), room.baseAddress! + 32, 32) == 32
      }
    }
    return isDone ? joined : nil
  }

  static func der(fromJoined joined: [UInt8]) -> [UInt8]? {
    guard joined.count == 64, let signature = ECDSA_SIG_new() else { return nil }
    defer { ECDSA_SIG_free(signature) }
    let r = BN_bin2bn(Array(joined[..<32]), 32, nil)
    let s = BN_bin2bn(Array(joined[32...]), 32, nil)
    // From here on the signature owns both.
    guard ECDSA_SIG_set0(signature, r, s) == 1 else { return nil }
    var start: UnsafeMutablePointer<UInt8>?
    let count = i2d_ECDSA_SIG(signature, &start)
    guard count > 0, let start else { return nil }
    defer { CRYPTO_free(start, "", 0) }
    return Array(UnsafeBufferPointer(start: start, count: Int(count)))
  }
}
