import Access
import HTTPTypes
import Hummingbird

/// The cookies of signing in (RFC 6265bis): the token, and for ten minutes what an attempt to sign in at a
/// provider has to find again.
struct SignInCookies: Sendable {
  /// Browsers refuse a cookie whose name and value have more bytes together (RFC 6265bis, section 5.7).
  private static let byteLimit = 4096
  static let attemptName = "progressbus_sign_in"
  static let attemptSeconds: Int64 = 600
  private static let attemptPath = "/sign-in/openid"

  /// Whether browsers reach the server by HTTPS alone.
  let isAlwaysSecure: Bool

  /// Sent with what the server's own pages ask, and with nothing that another site's page asks or leads to.
  ///
  /// - Returns: nil for a token that no browser would keep.
  func token(_ text: String, seconds: Int64, _ request: Request) -> HTTPField? {
    guard AccessCheck.cookieName.utf8.count + text.utf8.count <= Self.byteLimit else { return nil }
    return field(
      "\(AccessCheck.cookieName)=\(text)", path: "/", site: "Strict", seconds: seconds, request)
  }

  func cleared(_ request: Request) -> HTTPField {
    field("\(AccessCheck.cookieName)=", path: "/", site: "Strict", seconds: 0, request)
  }

  /// Lax: the provider's answer is a navigation that comes from another site.
  func attempt(_ value: String, _ request: Request) -> HTTPField {
    field(
      "\(Self.attemptName)=\(value)", path: Self.attemptPath, site: "Lax",
      seconds: Self.attemptSeconds, request)
  }

  func attemptCleared(_ request: Request) -> HTTPField {
    field("\(Self.attemptName)=", path: Self.attemptPath, site: "Lax", seconds: 0, request)
  }

  /// The attempt that a request names; nil for none, and for several, of which one may be planted.
  static func attempt(of request: Request) -> String? {
    let values = CookieValues.of(attemptName, in: request.headers[values: .cookie])
    return values.count == 1 ? values[0] : nil
  }

  /// Whether a browser reached the server by HTTPS. A proxy's word is taken from anybody: all that it does is
  /// to have the sender's own browser keep a cookie from plain HTTP, and come back to an address with https.
  func isSecure(_ request: Request) -> Bool {
    if isAlwaysSecure { return true }
    // Of several proxies, the first one is the browser's.
    func first(_ name: HTTPField.Name) -> Substring? {
      request.headers[name]?.lowercased().split(separator: ",").first
    }
    if first(.forwardedProtocol)?.filter({ $0 != " " }) == "https" { return true }
    return first(.forwarded)?.split(separator: ";").contains { pair in
      pair.filter { $0 != " " && $0 != "\"" } == "proto=https"
    } ?? false
  }

  private func field(
    _ pair: String, path: String, site: String, seconds: Int64, _ request: Request
  ) -> HTTPField {
    let secure = isSecure(request) ? "; Secure" : ""
    return HTTPField(
      name: .setCookie,
      value: "\(pair); Path=\(path); Max-Age=\(seconds); HttpOnly; SameSite=\(site)\(secure)")
  }
}

extension HTTPField.Name {
  fileprivate static let forwardedProtocol = HTTPField.Name("X-Forwarded-Proto")!
  fileprivate static let forwarded = HTTPField.Name("Forwarded")!
}
