import Cryptography
import Foundation

/// An attempt to sign in at the provider: what its answer must fit, kept in the browser for ten minutes.
///
/// The cookie holds a random number; `state`, `nonce` and the verifier of PKCE are made of it with the server's
/// key. So no process has to remember an attempt, any process of the deployment can finish it, and what
/// is in the cookie tells none of them.
struct SignInAttempt: Equatable {
  private static let seedLength = 32

  private let seed: [UInt8]
  /// In seconds since 1970.
  let endsAt: Int64
  /// Where to go afterwards: a path of ours.
  let page: String

  init(page: String?, endsAt: Int64) {
    seed = (0..<Self.seedLength).map { _ in UInt8.random(in: .min ... .max) }
    self.endsAt = endsAt
    self.page = Self.page(page)
  }

  /// - Parameters:
  ///   - cookie: as the browser sent it.
  ///   - now: in seconds since 1970.
  /// - Returns: nil for what is not of this key, or has ended.
  init?(cookie: String, key: [UInt8], now: Int64) {
    let parts = cookie.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4, let seed = Base64URL.decode(parts[0].utf8),
      let endsAt = Int64(parts[1]), let page = Base64URL.decode(parts[2].utf8),
      let signature = Base64URL.decode(parts[3].utf8),
      areEqualInConstantTime(
        signature, Self.code("cookie", parts[..<3].joined(separator: "."), key)),
      seed.count == Self.seedLength, now < endsAt
    else { return nil }
    self.seed = seed
    self.endsAt = endsAt
    self.page = Self.page(String(decoding: page, as: UTF8.self))
  }

  func cookie(key: [UInt8]) -> String {
    let text = "\(Base64URL.encode(seed)).\(endsAt).\(Base64URL.encode(Array(page.utf8)))"
    return "\(text).\(Base64URL.encode(Self.code("cookie", text, key)))"
  }

  func state(key: [UInt8]) -> String { derived("state", key) }

  func nonce(key: [UInt8]) -> String { derived("nonce", key) }

  /// 43 characters (RFC 7636, section 4.1).
  func verifier(key: [UInt8]) -> String { derived("verifier", key) }

  /// `S256` (RFC 7636, section 4.2).
  static func challenge(of verifier: String) -> String {
    Base64URL.encode(SHA256.digest(of: verifier))
  }

  private func derived(_ purpose: String, _ key: [UInt8]) -> String {
    Base64URL.encode(Self.code(purpose, Base64URL.encode(seed), key))
  }

  private static func code(_ purpose: String, _ text: String, _ key: [UInt8]) -> [UInt8] {
    HMACSHA256.code(for: Array("\(purpose) \(text)".utf8), key: key)
  }

  /// One of the two pages, with its query: nothing else is gone to, however the path is spelled.
  static func page(_ text: String?) -> String {
    guard let text, text.utf8.count <= 1024,
      text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && !#""<>\^`{|}#"#.utf8.contains($0) }),
      ["/", "/ops"].contains(text.prefix { $0 != "?" })
    else { return "/" }
    return text
  }
}
