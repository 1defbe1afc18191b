import Cryptography
import Foundation
import ProgressBusTesting
import Testing

/// Keys that the `openssl` command made, and signatures that it checks: a second opinion.
@Suite struct OpenSSLKeyTests {
  private static let rsa = ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]
  private static let p256 = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]

  @discardableResult
  private static func openssl(_ arguments: [String]) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
    process.arguments = arguments
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }

  /// A new key pair in PEM form, in the files `key` and `public` of the folder.
  private static func makeKey(
    _ options: [String], in folder: String
  ) throws -> (private: String, public: String) {
    try #require(try openssl(["genpkey", "-out", "\(folder)/key"] + options) == 0)
    try #require(
      try openssl(["pkey", "-in", "\(folder)/key", "-pubout", "-out", "\(folder)/public"]) == 0)
    return (
      try String(contentsOfFile: "\(folder)/key", encoding: .utf8),
      try String(contentsOfFile: "\(folder)/public", encoding: .utf8)
    )
  }

  @Test func openSSLAcceptsAnRSASignature() async throws {
    try await withTemporaryFolder("key") { folder in
      let key = try Self.makeKey(Self.rsa, in: folder)
      let message = Array("Hello".utf8)
      let signing = try SigningKey(pem: key.private)
      #expect(signing.algorithm == .rs256)
      try Data(message).write(to: URL(fileURLWithPath: "\(folder)/message"))
      try Data(try signing.sign(message)).write(to: URL(fileURLWithPath: "\(folder)/signature"))
      let status = try Self.openssl([
        "dgst", "-sha256", "-verify", "\(folder)/public", "-signature", "\(folder)/signature",
        "\(folder)/message",
      ])
      #expect(status == 0)
    }
  }

  @Test(arguments: [JSONWebAlgorithm.rs256, .es256])
  func whatAPrivateKeySignsItsPublicKeyVerifies(_ algorithm: JSONWebAlgorithm) async throws {
    try await withTemporaryFolder("key") { folder in
      let key = try Self.makeKey(algorithm == .rs256 ? Self.rsa : Self.p256, in: folder)
      let signing = try SigningKey(pem: key.private)
      let verification = try VerificationKey(pem: key.public)
      #expect(signing.algorithm == algorithm && verification.algorithm == algorithm)
      // An ECDSA signature's numbers are short now and then: each must come out with 32 bytes.
      for round in 0..<(algorithm == .es256 ? 600 : 3) {
        let message = Array("message \(round)".utf8)
        let signature = try signing.sign(message)
        #expect(signature.count == (algorithm == .es256 ? 64 : 256))
        #expect(verification.isSignature(signature, of: message))
        #expect(!verification.isSignature(signature, of: message + [0]))
        #expect(!verification.isSignature(signature.dropLast(), of: message))
      }
      #expect(throws: KeyError.malformed) { try SigningKey(pem: key.public) }
      #expect(throws: KeyError.malformed) { try VerificationKey(pem: key.private) }
    }
  }

  @Test(arguments: [
    ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"],
    ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"], ["-algorithm", "ED25519"],
    ["-algorithm", "RSA-PSS"],
  ])
  func weakAndOtherKeysAreRefused(_ options: [String]) async throws {
    try await withTemporaryFolder("key") { folder in
      let key = try Self.makeKey(options, in: folder)
      #expect(throws: KeyError.unsupported) { try SigningKey(pem: key.private) }
      #expect(throws: KeyError.unsupported) { try VerificationKey(pem: key.public) }
    }
  }

  @Test func anEncryptedKeyAsksNobodyForAPassphrase() async throws {
    try await withTemporaryFolder("key") { folder in
      let options = Self.rsa + ["-aes256", "-pass", "pass:secret"]
      try #require(try Self.openssl(["genpkey", "-out", "\(folder)/key"] + options) == 0)
      let pem = try String(contentsOfFile: "\(folder)/key", encoding: .utf8)
      #expect(throws: KeyError.malformed) { try SigningKey(pem: pem) }
    }
  }

  @Test(arguments: ["", "no key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
  func whatIsNoKeyIsMalformed(_ pem: String) {
    #expect(throws: KeyError.malformed) { try SigningKey(pem: pem) }
    #expect(throws: KeyError.malformed) { try VerificationKey(pem: pem) }
  }

  @Test func aPointOffTheCurveIsNoKey() {
    let number = [UInt8](repeating: 1, count: 32)
    #expect(throws: KeyError.malformed) { try VerificationKey(p256X: number, y: number) }
    #expect(throws: KeyError.malformed) { try VerificationKey(p256X: [1], y: number) }
    #expect(throws: KeyError.self) { try VerificationKey(rsaModulus: [], exponent: []) }
  }
}
