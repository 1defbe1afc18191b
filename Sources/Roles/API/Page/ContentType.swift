/// Media types by the end of a file's name.
enum ContentType {
  private static let byExtension = [
    "html": "text/html; charset=utf-8", "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8", "mjs": "text/javascript; charset=utf-8",
    "json": "application/json", "webmanifest": "application/manifest+json",
    "svg": "image/svg+xml", "png": "image/png", "ico": "image/x-icon", "woff2": "font/woff2",
    "txt": "text/plain; charset=utf-8", "yaml": "application/yaml",
  ]

  /// `application/octet-stream` when it is not known.
  static func of(_ path: String) -> String {
    let end = path.split(separator: ".").last.map { $0.lowercased() } ?? ""
    return byExtension[end] ?? "application/octet-stream"
  }
}
