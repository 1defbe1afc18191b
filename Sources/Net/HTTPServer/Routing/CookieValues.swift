/// What a request says under the name of one cookie (RFC 6265, section 4.2): for a name that several paths or domains
/// have, several values.
public enum CookieValues {
  /// - Parameter fields: the request's `Cookie` fields.
  public static func of(_ name: String, in fields: [String]) -> [String] {
    fields.flatMap { $0.split(separator: ";") }.compactMap { pair in
      let parts = pair.split(separator: "=", maxSplits: 1)
      guard parts.count == 2, parts[0].drop(while: { $0 == " " }) == name else { return nil }
      return String(parts[1])
    }
  }
}
