import HTTPTypes

/// What tells browsers to be strict with the page: it needs nothing from elsewhere, and nobody else
/// may frame it.
enum SecurityHeaders {
  static let all: HTTPFields = {
    var headers: HTTPFields = [
      .contentSecurityPolicy:
        "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; "
        + "frame-ancestors 'none'",
      .xContentTypeOptions: "nosniff",
    ]
    for (name, value) in [
      ("Referrer-Policy", "no-referrer"), ("X-Frame-Options", "DENY"),
      ("Cross-Origin-Opener-Policy", "same-origin"),
      ("Cross-Origin-Resource-Policy", "same-origin"),
      ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
    ] {
      if let name = HTTPField.Name(name) { headers[name] = value }
    }
    return headers
  }()
}
