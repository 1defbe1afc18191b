import HTTPServer
import HTTPTypes
import NIOHTTP1

/// Which pages of other origins may send events and read the answer (Fetch standard, "CORS protocol").
struct CrossOriginPolicy: Sendable {
  private let allowedOrigins: [String]
  private let allowsAll: Bool
  private let check: OriginCheck

  init(allowedOrigins: [String]) {
    self.allowedOrigins = allowedOrigins.map { $0.lowercased() }
    self.allowsAll = allowedOrigins.contains("*")
    self.check = OriginCheck(allowed: allowedOrigins)
  }

  /// Refuses what a browser sends for a page that may not. CORS alone does not: it keeps only the answer
  /// from the page, and a POST without a content type needs no leave.
  /// - Throws: `Problem` of status 403, which names the setting.
  func admit(origin: String?, host: String?) throws(Problem) {
    guard let origin, !allowsAll, !check.passes(origins: [origin], host: host) else { return }
    throw Problem(
      status: .forbidden,
      detail: "pages of this origin may not send events; "
        + "PROGRESSBUS_INGEST_ALLOWED_ORIGINS names those that may")
  }

  /// Adds what a page of `origin` must see to be allowed to read the answer, and its headers that tell how to send
  /// again: a browser shows a page few headers of its own accord.
  ///
  /// - Parameter client: those of another program's own.
  func addHeaders(
    for origin: String?, to headers: inout HTTPHeaders, and client: [String] = []
  ) {
    guard addAllowedOrigin(origin, to: &headers) else { return }
    let names = ["retry-after", "accept-encoding", "allow"] + client
    headers.add(
      name: "access-control-expose-headers", value: names.joined(separator: ", "))
  }

  /// Says whether pages of `origin` may send.
  private func addAllowedOrigin(_ origin: String?, to headers: inout HTTPHeaders) -> Bool {
    guard let origin else { return false }
    if allowsAll {
      headers.add(name: "access-control-allow-origin", value: "*")
      return true
    }
    guard allowedOrigins.contains(origin.lowercased()) else { return false }
    headers.add(name: "access-control-allow-origin", value: origin)
    headers.add(name: "vary", value: "Origin")
    return true
  }

  /// The headers of the answer to a preflight request. A browser may keep it for a day, so that it
  /// does not ask before every event.
  ///
  /// - Parameters:
  ///   - methods: how the path may be asked for.
  ///   - client: header fields of another program's own.
  func preflightHeaders(
    for origin: String?, methods: [String] = ["POST"], and client: [String] = []
  ) -> HTTPHeaders {
    var headers = HTTPHeaders()
    _ = addAllowedOrigin(origin, to: &headers)
    headers.add(
      name: "access-control-allow-methods", value: (methods + ["OPTIONS"]).joined(separator: ", "))
    let fields = ["content-type", "content-encoding", "authorization"] + client
    headers.add(name: "access-control-allow-headers", value: fields.joined(separator: ", "))
    headers.add(name: "access-control-max-age", value: "86400")
    return headers
  }
}
