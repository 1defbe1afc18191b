import Cryptography

/// Replaces identifiers by pseudonyms that only the holder of the salt can trace back.
public struct Pseudonymizer: Sendable {
  private let salt: [UInt8]

  /// - Parameter salt: not empty.
  public init?(salt: String) {
    guard !salt.isEmpty else { return nil }
    self.salt = Array(salt.utf8)
  }

  /// Lower-case hexadecimal SHA-256 of the identifier followed by the salt, both in UTF-8.
  public func pseudonym(for identifier: String) -> String {
    SHA256.digest(Array(identifier.utf8), salt).lowercaseHex
  }
}
