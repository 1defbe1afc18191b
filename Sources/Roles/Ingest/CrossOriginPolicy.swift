import NIOHTTP1

/// Which pages of other origins may send events (Fetch standard, "CORS protocol").
struct CrossOriginPolicy: Sendable {
  private let allowedOrigins: [String]
  private let allowsAll: Bool

  init(allowedOrigins: [String]) {
    self.allowedOrigins = allowedOrigins
    self.allowsAll = allowedOrigins.contains("*")
  }

  /// Adds what a page of `origin` must see to be allowed to read the answer.
  func addHeaders(for origin: String?, to headers: inout HTTPHeaders) {
    guard let origin else { return }
    if allowsAll {
      headers.add(name: "access-control-allow-origin", value: "*")
    } else if allowedOrigins.contains(origin) {
      headers.add(name: "access-control-allow-origin", value: origin)
      headers.add(name: "vary", value: "Origin")
    }
  }

  /// The headers of the answer to a preflight request. A browser may keep it for a day, so that it
  /// does not ask before every event.
  func preflightHeaders(for origin: String?) -> HTTPHeaders {
    var headers = HTTPHeaders()
    addHeaders(for: origin, to: &headers)
    headers.add(name: "access-control-allow-methods", value: "POST, OPTIONS")
    headers.add(
      name: "access-control-allow-headers", value: "content-type, content-encoding, authorization")
    headers.add(name: "access-control-max-age", value: "86400")
    return headers
  }
}
