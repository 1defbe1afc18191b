import Foundation
import HTTPTypes
public import Hummingbird
import NIOCore

/// Refuses state-changing requests that a browser sends for a page of another origin. Without it, any
/// page that an operator opens could purge dead letters on the operator's own machine: a form needs no
/// permission to POST (https://developer.mozilla.org/docs/Web/Security/Attacks/CSRF).
///
/// Browsers say where a request comes from, and pages cannot change what they say: `Sec-Fetch-Site`
/// (https://www.w3.org/TR/fetch-metadata/), and, where that is missing, `Origin` (RFC 6454). What has
/// neither is no browser's doing: curl, a script.
///
/// `ServerServices` attaches this and `KnownHosts`. The live stream asks `OriginCheck` in `WebSocketRoute`; the
/// ingest has its own rule, `CrossOriginPolicy`.
public struct CrossOriginProtection<Context: RequestContext>: RouterMiddleware {
  public init() {}

  /// - Throws: `Problem` of status 403.
  public func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    guard isSafe(request.method) || isSameOrigin(request) else {
      throw Problem(
        status: .forbidden,
        detail: "a page of another origin may not do this; send it from this server's own page, "
          + "or without a browser")
    }
    return try await next(request, context)
  }

  /// RFC 9110 section 9.2.1.
  private func isSafe(_ method: HTTPRequest.Method) -> Bool {
    [.get, .head, .options, .trace].contains(method)
  }

  private func isSameOrigin(_ request: Request) -> Bool {
    // `none` is what the user did, not a page.
    let sites = request.headers[values: .secFetchSite]
    if !sites.isEmpty { return sites.allSatisfy { ["same-origin", "none"].contains($0) } }
    let origins = request.headers[values: .origin]
    guard !origins.isEmpty else { return true }
    return OriginCheck().passes(origins: origins, host: request.head.authority)
  }
}

/// Whether the page that a browser sends a request for may have its answer: it is this server's own, or
/// of an origin that the operator named.
public struct OriginCheck: Sendable {
  /// Origins (RFC 6454, section 6.1) in lower case.
  private let allowed: Set<String>

  /// - Parameter allowed: origins beside the host that is asked, such as `https://school.example`, in
  ///   any case of letters; `*` is every origin.
  public init(allowed: [String] = []) {
    self.allowed = Set(allowed.map { $0.lowercased() })
  }

  /// - Parameters:
  ///   - origins: every `Origin` field of the request. None is no browser's doing, and passes; of
  ///     several, each must pass.
  ///   - host: the request's `Host`, with the port that it names.
  public func passes(origins: [String], host: String?) -> Bool {
    origins.allSatisfy { origin in
      let origin = origin.lowercased()
      return allowed.contains(origin) || allowed.contains("*") || names(origin, host: host)
    }
  }

  /// The scheme is not compared: behind a proxy that ends TLS this server does not know its own.
  private func names(_ origin: String, host: String?) -> Bool {
    guard let host, !host.isEmpty, let separator = origin.range(of: "://") else { return false }
    let port = Self.defaultPorts[String(origin[..<separator.lowerBound])]
    func withoutDefaultPort(_ authority: String) -> Substring {
      guard let port, authority.hasSuffix(port) else { return authority[...] }
      return authority.dropLast(port.count)
    }
    return withoutDefaultPort(String(origin[separator.upperBound...]))
      == withoutDefaultPort(host.lowercased())
  }

  /// Browsers leave them out; some proxies add them to `Host`.
  private static let defaultPorts = ["http": ":80", "https": ":443"]
}

/// Answers only requests whose `Host` is this server's, as a `HostCheck` knows it.
public struct KnownHosts<Context: RequestContext>: RouterMiddleware {
  private let check: HostCheck

  public init(_ check: HostCheck) {
    self.check = check
  }

  /// - Throws: `Problem` of status 421.
  public func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    if let refusal = check.refusal(host: request.head.authority) { throw refusal }
    return try await next(request, context)
  }
}

/// Which hosts are this server's. A foreign page can have its own name point to
/// 127.0.0.1 (DNS rebinding); to the browser it is then of the same origin, may read every answer and
/// send what it likes. But its name is still in `Host`.
///
/// Addresses pass, and names without a dot: nobody can register those in the public DNS.
public struct HostCheck: Sendable {
  /// Names with a dot, in lower case, without a port.
  private let names: Set<String>
  private let hint: String

  /// - Parameters:
  ///   - names: names with a dot that are this server's, without a port, in any case of letters.
  ///   - hint: where names are added; for whoever is refused.
  public init(
    _ names: [String] = [], hint: String = "PROGRESSBUS_HTTP_ALLOWED_HOSTS adds names"
  ) {
    self.names = Set(names.map { $0.lowercased() })
    self.hint = hint
  }

  /// - Parameter host: the request's `Host`, with or without a port.
  /// - Returns: the answer (421) to a request for another host; nil for this server's.
  public func refusal(host authority: String?) -> Problem? {
    if let authority, isKnown(Self.host(of: authority)) { return nil }
    return Problem(
      status: .misdirectedRequest,
      detail: "Host names no host that this server knows; \(hint)")
  }

  private func isKnown(_ host: String) -> Bool {
    !host.contains(".") || names.contains(host)
      || (try? SocketAddress(ipAddress: host, port: 0)) != nil
  }

  /// Without port and brackets (RFC 3986 section 3.2), in lower case.
  private static func host(of authority: String) -> String {
    if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
      return String(authority[authority.index(after: authority.startIndex)..<end])
    }
    return String(authority.prefix { $0 != ":" }).lowercased()
  }
}

extension HTTPField.Name {
  fileprivate static let secFetchSite = HTTPField.Name("Sec-Fetch-Site")!
}
