internal import Foundation

/// A signed message in compact form (RFC 7515, section 3.1): `header.payload.signature`.
///
/// Says who signed what, and nothing about the claims in it: their times, issuer and audience are the
/// reader's to check.
public struct JSONWebSignature: Sendable {
  /// Why a text is no message that can be verified here.
  public enum FormatError: Error, Sendable, Equatable {
    /// Not three parts in base64url, or a header that is no JSON object with `alg`.
    case malformed
    /// An algorithm other than HS256, RS256 and ES256; `none` too.
    case unsupportedAlgorithm
    /// The header has extensions that must be understood (`crit`, RFC 7515, section 4.1.11).
    case unsupportedExtension
  }

  private struct Header: Codable {
    let alg: String
    var typ: String?
    var kid: String?
    var crit: [String]?
  }

  public let algorithm: JSONWebAlgorithm
  /// Which key signed it, as the sender says.
  public let keyID: String?
  public let payload: [UInt8]
  private let signedText: [UInt8]
  private let signature: [UInt8]

  /// Takes a text apart; nothing of it can be trusted before `isSigned(with:)`.
  public init(compact text: String) throws(FormatError) {
    let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 3, let head = Base64URL.decode(parts[0]),
      let payload = Base64URL.decode(parts[1]), let signature = Base64URL.decode(parts[2]),
      let header = try? JSONDecoder().decode(Header.self, from: Data(head))
    else { throw .malformed }
    guard header.crit == nil else { throw .unsupportedExtension }
    guard let algorithm = JSONWebAlgorithm(rawValue: header.alg) else {
      throw .unsupportedAlgorithm
    }
    self.algorithm = algorithm
    keyID = header.kid
    self.payload = payload
    self.signature = signature
    signedText = Array(text.utf8[..<parts[1].endIndex])
  }

  /// Whether the key signed it. A message under another algorithm than the key's is refused, whatever
  /// its signature.
  public func isSigned(with key: VerificationKey) -> Bool {
    key.algorithm == algorithm && key.isSignature(signature, of: signedText)
  }

  /// Signs a message.
  ///
  /// - Parameters:
  ///   - payload: for a JWT, its claims as a JSON object.
  ///   - keyID: tells the reader which key it is.
  /// - Returns: the compact form.
  /// - Throws: `KeyError.cannotSign`.
  public static func sign(
    _ payload: [UInt8], with key: SigningKey, keyID: String? = nil
  ) throws(KeyError) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let header = Header(alg: key.algorithm.rawValue, typ: "JWT", kid: keyID)
    // Strings alone: there is nothing in it that could not be encoded.
    guard let head = try? encoder.encode(header) else { throw .cannotSign }
    let signed = "\(Base64URL.encode(Array(head))).\(Base64URL.encode(payload))"
    return "\(signed).\(Base64URL.encode(try key.sign(Array(signed.utf8))))"
  }
}

/// Base64 for URLs, without padding (RFC 7515, section 2).
public enum Base64URL {
  public static func encode(_ bytes: [UInt8]) -> String {
    var text = Data(bytes).base64EncodedString()
    text.replace("+", with: "-")
    text.replace("/", with: "_")
    while text.last == "=" { text.removeLast() }
    return text
  }

  /// Nil for a text with padding, with a character of another alphabet, or with bits left over that are
  /// not zero: bytes have one form only.
  public static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count * 3 / 4)
    var bits: UInt32 = 0
    var count = 0
    for character in text {
      let value: UInt8
      switch character {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = character - UInt8(ascii: "A")
      case UInt8(ascii: "a")...UInt8(ascii: "z"): value = character - UInt8(ascii: "a") + 26
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = character - UInt8(ascii: "0") + 52
      case UInt8(ascii: "-"): value = 62
      case UInt8(ascii: "_"): value = 63
      default: return nil
      }
      bits = bits << 6 | UInt32(value)
      count += 6
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> count))
        bits &= (1 << count) - 1
      }
    }
    return count < 6 && bits == 0 ? bytes : nil
  }
}
