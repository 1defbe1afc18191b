import Cryptography
import Foundation
import ProgressBusTesting
import Testing

@Suite struct JSONWebSignatureTests {
  // RFC 7515, appendix A: one payload, signed in three ways.
  private static let payload =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
  private static let hmac =
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.\(payload)."
    + "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
  private static let hmacSecret =
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
  private static let rsa =
    "eyJhbGciOiJSUzI1NiJ9.\(payload)."
    + "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7"
    + "AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4"
    + "BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K"
    + "0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqv"
    + "hJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrB"
    + "p0igcN_IoypGlUPQGe77Rw"
  private static let rsaModulus =
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4Ql"
    + "L-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdb"
    + "BYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK"
    + "-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"
  private static let ecdsa =
    "eyJhbGciOiJFUzI1NiJ9.\(payload)."
    + "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSA"
    + "pmWQxfKTUJqPP3-Kg6NU1Q"
  private static let ecdsaX = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
  private static let ecdsaY = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"

  private static func bytes(_ text: String) throws -> [UInt8] {
    try #require(Base64URL.decode(text.utf8))
  }

  private static func keys() throws -> [JSONWebAlgorithm: VerificationKey] {
    [
      .hs256: try VerificationKey(secret: bytes(hmacSecret)),
      .rs256: try VerificationKey(rsaModulus: bytes(rsaModulus), exponent: [1, 0, 1]),
      .es256: try VerificationKey(p256X: bytes(ecdsaX), y: bytes(ecdsaY)),
    ]
  }

  @Test(arguments: [JSONWebAlgorithm.hs256, .rs256, .es256])
  func theStandardsExamplesAreSigned(_ algorithm: JSONWebAlgorithm) throws {
    let examples: [JSONWebAlgorithm: String] = [
      .hs256: Self.hmac, .rs256: Self.rsa, .es256: Self.ecdsa,
    ]
    let keys = try Self.keys()
    let text = try #require(examples[algorithm])
    let message = try JSONWebSignature(compact: text)
    #expect(message.algorithm == algorithm)
    #expect(message.keyID == nil)
    #expect(message.payload.starts(with: #"{"iss":"joe","#.utf8))
    for (other, key) in keys { #expect(message.isSigned(with: key) == (other == algorithm)) }

    // One character of the payload, one of the signature.
    for position in [50, text.utf8.count - 20] {
      var changed = Array(text.utf8)
      changed[position] =
        changed[position] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
      let forged = try JSONWebSignature(compact: String(decoding: changed, as: UTF8.self))
      #expect(!forged.isSigned(with: try #require(keys[algorithm])))
    }
  }

  @Test(arguments: [
    ("eyJhbGciOiJub25lIn0.e30.", JSONWebSignature.FormatError.unsupportedAlgorithm),
    ("eyJhbGciOiJIUzM4NCJ9.e30.AA", .unsupportedAlgorithm),
    // {"alg":"HS256","crit":["b64"],"b64":false}
    ("eyJhbGciOiJIUzI1NiIsImNyaXQiOlsiYjY0Il0sImI2NCI6ZmFsc2V9.e30.AA", .unsupportedExtension),
    ("", .malformed), ("a.b", .malformed), ("e30.e30.AA", .malformed),
    ("eyJhbGciOiJIUzI1NiJ9.e30.AA.AA", .malformed), ("eyJhbGciOiJIUzI1NiJ9.e30=.AA", .malformed),
    ("eyJhbGciOiJIUzI1NiJ9.e3+.AA", .malformed), ("eyJhbGciOiJIUzI1NiJ9.e3 .AA", .malformed),
    // Bits left over that are not zero.
    ("eyJhbGciOiJIUzI1NiJ9.e30.AB", .malformed), ("eyJhbGciOiJIUzI1NiJ9.e.AA", .malformed),
  ])
  func whatCannotBeVerifiedIsRefused(_ text: String, _ error: JSONWebSignature.FormatError) {
    #expect(throws: error) { try JSONWebSignature(compact: text) }
  }

  @Test func base64KeepsEveryByte() throws {
    for count in 0..<70 {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 250) }
      let text = Base64URL.encode(bytes)
      #expect(try Self.bytes(text) == bytes)
      #expect(text.utf8.allSatisfy { !"+/=".utf8.contains($0) })
    }
  }

  @Test func aSecretOfTooFewBytesIsNoKey() {
    let secret = [UInt8](repeating: 7, count: 31)
    #expect(throws: KeyError.unsupported) { try SigningKey(secret: secret) }
    #expect(throws: KeyError.unsupported) { try VerificationKey(secret: secret) }
  }

  @Test func whatASecretSignsItVerifies() throws {
    let secret = [UInt8](repeating: 7, count: 32)
    let text = try JSONWebSignature.sign(
      Array("{}".utf8), with: SigningKey(secret: secret), keyID: "key/1")
    let message = try JSONWebSignature(compact: text)
    #expect(message.keyID == "key/1")
    #expect(message.isSigned(with: try VerificationKey(secret: secret)))
    #expect(!message.isSigned(with: try VerificationKey(secret: secret + [7])))
  }
}
