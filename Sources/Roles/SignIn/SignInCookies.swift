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
  func token(_ text: String, seconds: Int64?, _ request: Request) -> HTTPField? {
    guard AccessCheck.cookieName.utf8.count + text.utf8.count <= Self.byteLimit else { return nil }
    return field(
      "\(AccessCheck.cookieName)=\(text)", path: "/", site: "Strict", seconds: seconds ?? 0, request
    )
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
    let values = request.headers[values: .cookie].flatMap { $0.split(separator: ";") }
      .compactMap { pair -> String? in
        let parts = pair.split(separator: "=", maxSplits: 1)
        guard parts.count == 2, parts[0].drop(while: { $0 == " " }) == attemptName else {
          return nil
        }
        return String(parts[1])
      }
    return values.count == 1 ? values[0] : nil
  }

  /// Whether a browser reached the server by HTTPS. A proxy's word is taken from anybody: all that it does is
  /// to have the sender's own browser keep a cookie from plain HTTP.
  func isSecure(_ request: Request) -> Bool {
    isAlwaysSecure
      || request.headers[.forwardedProtocol]?.lowercased() == "https"
      || request.headers[.forwarded].map { $0.lowercased().contains("proto=https") } ?? false
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
