import Foundation
import HTTPTypes
import Hummingbird

/// Refuses state-changing requests that a browser sends for a page of another origin. Without it, any
/// page that an operator opens could purge dead letters on the operator's own machine: a form needs no
/// permission to POST (https://developer.mozilla.org/docs/Web/Security/Attacks/CSRF).
///
/// Browsers say where a request comes from, and pages cannot change what they say: `Sec-Fetch-Site`
/// (https://www.w3.org/TR/fetch-metadata/), and, where that is missing, `Origin` (RFC 6454). What has
/// neither is no browser's doing: curl, a script.
struct CrossOriginProtection<Context: RequestContext>: RouterMiddleware {
  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    guard isSafe(request.method) || isSameOrigin(request) else {
      throw HTTPError(
        .forbidden,
        message: "a page of another origin may not do this; send it from this server's own page, "
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
    // The scheme is not compared: behind a proxy that ends TLS this server does not know its own.
    return origins.allSatisfy { origin in
      guard let separator = origin.range(of: "://") else { return false }
      return origin[separator.upperBound...].lowercased()
        == request.head.authority?.lowercased()
    }
  }
}

extension HTTPField.Name {
  static let secFetchSite = HTTPField.Name("Sec-Fetch-Site")!
}
