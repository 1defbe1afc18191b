/// The algorithms of RFC 7518, section 3.1, that ProgressBus signs and verifies with.
public enum JSONWebAlgorithm: String, Sendable, Codable {
  /// HMAC with SHA-256.
  case hs256 = "HS256"
  /// RSASSA-PKCS1-v1_5 with SHA-256.
  case rs256 = "RS256"
  /// ECDSA over P-256 with SHA-256.
  case es256 = "ES256"
}

/// Why a key is of no use. Nothing of the key is in it.
public enum KeyError: Error, Sendable, Equatable {
  /// It cannot be read: not the PEM, or not the numbers, of a key without a passphrase.
  case malformed
  /// Neither RSA of at least 2,048 bits, nor P-256, nor a secret of at least 32 bytes (RFC 7518,
  /// sections 3.2 and 3.3).
  case unsupported
  /// libcrypto will not sign with it.
  case cannotSign
}

/// A key that signs. It belongs to one algorithm, so that no message can choose another for it.
public struct SigningKey: Sendable {
  private enum Kind: Sendable {
    case secret([UInt8])
    case handle(KeyHandle)
  }

  private let kind: Kind
  public let algorithm: JSONWebAlgorithm

  /// - Parameter secret: at least 32 bytes.
  public init(secret: [UInt8]) throws(KeyError) {
    guard secret.count >= SHA256.byteCount else { throw .unsupported }
    kind = .secret(secret)
    algorithm = .hs256
  }

  /// - Parameter pem: an RSA or P-256 key in PKCS #8, PKCS #1 or SEC 1 form.
  public init(pem: String) throws(KeyError) {
    let handle = try KeyHandle(privatePEM: pem)
    kind = .handle(handle)
    algorithm = handle.algorithm
  }

  /// The signature as JWS has it.
  ///
  /// - Throws: `KeyError.cannotSign`.
  public func sign(_ message: [UInt8]) throws(KeyError) -> [UInt8] {
    switch kind {
    case .secret(let secret): return HMACSHA256.code(for: message, key: secret)
    case .handle(let handle):
      guard let signature = handle.sign(message) else { throw .cannotSign }
      return signature
    }
  }
}

/// A key that verifies. It belongs to one algorithm, so that no message can choose another for it.
public struct VerificationKey: Sendable {
  private enum Kind: Sendable {
    case secret([UInt8])
    case handle(KeyHandle)
  }

  private let kind: Kind
  public let algorithm: JSONWebAlgorithm

  /// - Parameter secret: at least 32 bytes.
  public init(secret: [UInt8]) throws(KeyError) {
    guard secret.count >= SHA256.byteCount else { throw .unsupported }
    kind = .secret(secret)
    algorithm = .hs256
  }

  /// - Parameter pem: a public key, RSA or P-256 (`-----BEGIN PUBLIC KEY-----`).
  public init(pem: String) throws(KeyError) { self.init(try KeyHandle(publicPEM: pem)) }

  /// The numbers `n` and `e` of a JWK (RFC 7518, section 6.3.1), big-endian.
  public init(rsaModulus modulus: [UInt8], exponent: [UInt8]) throws(KeyError) {
    self.init(try KeyHandle(rsaModulus: modulus, exponent: exponent))
  }

  /// The numbers `x` and `y` of a JWK on the curve P-256 (RFC 7518, section 6.2.1), 32 bytes each.
  public init(p256X x: [UInt8], y: [UInt8]) throws(KeyError) {
    self.init(try KeyHandle(p256X: x, y: y))
  }

  private init(_ handle: KeyHandle) {
    kind = .handle(handle)
    algorithm = handle.algorithm
  }

  /// - Parameter signature: as JWS has it.
  public func isSignature(_ signature: [UInt8], of message: [UInt8]) -> Bool {
    switch kind {
    case .secret(let secret):
      areEqualInConstantTime(signature, HMACSHA256.code(for: message, key: secret))
    case .handle(let handle): handle.isSignature(signature, of: message)
    }
  }
}
