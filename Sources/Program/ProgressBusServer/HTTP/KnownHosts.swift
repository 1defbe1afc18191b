import HTTPTypes
import Hummingbird
import NIOCore

/// Answers only requests whose `Host` is this server's. A foreign page can have its own name point to
/// 127.0.0.1 (DNS rebinding); to the browser it is then of the same origin, may read every answer and
/// send what it likes. But its name is still in `Host`.
///
/// Addresses pass, and names without a dot: nobody can register those in the public DNS.
struct KnownHosts<Context: RequestContext>: RouterMiddleware {
  /// Names with a dot, in lower case, without a port.
  private let names: Set<String>

  init(_ names: [String]) {
    self.names = Set(names.map { $0.lowercased() })
  }

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    guard let authority = request.head.authority, isKnown(Self.host(of: authority)) else {
      throw HTTPError(
        .misdirectedRequest,
        message: "Host names no host that this server knows for operators; "
          + "PROGRESSBUS_HTTP_OPERATOR_HOSTS adds names")
    }
    return try await next(request, context)
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
