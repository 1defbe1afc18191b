import Cryptography
import Testing

@Suite struct DigestTests {
  /// FIPS 180-4's examples, as NIST publishes them, and the empty message.
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      String(repeating: "a", count: 1_000_000),
      "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    ),
  ])
  func theStandardsMessagesHaveTheStandardsDigests(_ message: String, _ digest: String) {
    #expect(SHA256.digest(of: message).lowercaseHex == digest)
  }

  @Test func partsAreDigestedAsOneMessage() {
    let whole = SHA256.digest(of: "user-1pepper")
    #expect(SHA256.digest(Array("user-1".utf8), Array("pepper".utf8)) == whole)
    #expect(SHA256.digest([], Array("user-1pepper".utf8), []) == whole)
    #expect(SHA256.digest() == SHA256.digest(of: ""))
  }

  /// A test case of RFC 4231.
  struct HMACCase: Sendable {
    let key: [UInt8]
    let message: [UInt8]
    let code: String

    init(_ key: [UInt8], _ message: [UInt8], _ code: String) {
      self.key = key
      self.message = message
      self.code = code
    }
  }

  /// RFC 4231, sections 4.2 to 4.8; the truncated one of 4.6 is left out.
  static let hmacCases: [HMACCase] = [
    HMACCase(
      Array(repeating: 0x0b, count: 20), Array("Hi There".utf8),
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
    HMACCase(
      Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
    HMACCase(
      Array(repeating: 0xaa, count: 20), Array(repeating: 0xdd, count: 50),
      "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
    HMACCase(
      Array(1...25), Array(repeating: 0xcd, count: 50),
      "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
    HMACCase(
      Array(repeating: 0xaa, count: 131),
      Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
    HMACCase(
      Array(repeating: 0xaa, count: 131),
      Array(
        """
        This is a test using a larger than block-size key and a larger than block-size data. \
        The key needs to be hashed before being used by the HMAC algorithm.
        """.utf8),
      "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"),
  ]

  @Test(arguments: hmacCases)
  func theStandardsMessagesHaveTheStandardsCodes(_ example: HMACCase) {
    #expect(HMACSHA256.code(for: example.message, key: example.key).lowercaseHex == example.code)
  }

  @Test func anEmptyKeyIsAKey() {
    // From Wikipedia's article on HMAC, and so from many implementations.
    #expect(
      HMACSHA256.code(for: [], key: []).lowercaseHex
        == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad")
  }

  @Test func secretsAreEqualOnlyWhenEveryByteIs() {
    #expect(areEqualInConstantTime([], []))
    #expect(areEqualInConstantTime([1, 2, 3], [1, 2, 3]))
    #expect(!areEqualInConstantTime([1, 2, 3], [1, 2, 4]))
    #expect(!areEqualInConstantTime([1, 2, 3], [1, 2]))
  }
}
