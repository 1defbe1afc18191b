import Subprocess
import SystemPackage

/// A private certificate authority, and certificates that it has signed, made by the `openssl` command.
public struct TestAuthority: Sendable {
  public struct Pair: Sendable {
    /// Paths of PEM files.
    public let certificate: String
    public let key: String
  }

  public struct Failure: Error, CustomStringConvertible {
    public let description: String
  }

  private static let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]

  private let folder: String
  /// The path of its own certificate.
  public var certificate: String { "\(folder)/authority.pem" }

  /// - Parameter folder: where its files go; exists, and holds no other authority.
  public init(in folder: String) async throws {
    self.folder = folder
    try await Self.openssl(
      ["req", "-x509"] + Self.newKey + [
        "-keyout", "\(folder)/authority.key", "-out", "\(folder)/authority.pem", "-days", "2",
        "-subj", "/CN=Test authority",
      ])
  }

  /// - Parameters:
  ///   - name: of the files; a pair of the same name is replaced.
  ///   - subjects: whom it names, as OpenSSL's `subjectAltName` is written.
  ///   - days: how long it is good; negative for one that has ended.
  @discardableResult
  public func issue(
    _ name: String, for subjects: String = "DNS:localhost,IP:127.0.0.1", days: Int = 2
  ) async throws -> Pair {
    let path = "\(folder)/\(name)"
    try await Self.openssl(
      ["req"] + Self.newKey + [
        "-keyout", "\(path).key", "-out", "\(path).csr", "-subj", "/CN=\(name)", "-addext",
        "subjectAltName=\(subjects)",
      ])
    try await Self.openssl([
      "x509", "-req", "-in", "\(path).csr", "-CA", "\(folder)/authority.pem", "-CAkey",
      "\(folder)/authority.key", "-CAcreateserial", "-copy_extensions", "copy", "-days", "\(days)",
      "-out", "\(path).pem",
    ])
    return Pair(certificate: "\(path).pem", key: "\(path).key")
  }

  private static func openssl(_ arguments: [String]) async throws {
    let result = try await run(
      .name("openssl"), arguments: Arguments(arguments), output: .discarded,
      error: .string(limit: 1 << 16))
    guard result.terminationStatus.isSuccess else {
      throw Failure(description: "openssl \(arguments): \(result.standardError)")
    }
  }
}
