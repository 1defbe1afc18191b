/// Where a token stands in a request.
struct Credentials {
  let authorization: [String]
  let cookies: [String]
  /// Browsers send cookies with whatever any page asks. Where something is changed, only a request that says
  /// which page it comes from may be signed in by one; others have compared that page already.
  let mayUseCookie: Bool

  func token() throws(TokenFault) -> String {
    if !authorization.isEmpty || cookies.isEmpty { return try Self.bearer(authorization) }
    let texts = CookieValues.of(AccessCheck.cookieName, in: cookies)
    guard let text = texts.first, mayUseCookie else { throw .missing }
    guard texts.count == 1 else { throw .severalAtOnce }
    return text
  }

  /// RFC 6750, section 2.1. Other schemes are no tokens of ours.
  static func bearer(_ fields: [String]) throws(TokenFault) -> String {
    guard let field = fields.first else { throw .missing }
    guard fields.count == 1 else { throw .severalAtOnce }
    return try bearer(field)
  }

  static func bearer(_ field: String) throws(TokenFault) -> String {
    let bytes = field.utf8
    let scheme: StaticString = "bearer "
    guard bytes.count > scheme.utf8CodeUnitCount else { throw .missing }
    var end = bytes.startIndex
    for place in 0..<scheme.utf8CodeUnitCount {
      let (byte, expected) = (bytes[end], scheme.utf8Start[place])
      let isLetter = expected != UInt8(ascii: " ")
      guard byte == expected || isLetter && byte | 0x20 == expected else { throw .missing }
      end = bytes.index(after: end)
    }
    return String(bytes[end...].drop { $0 == UInt8(ascii: " ") }) ?? ""
  }
}

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
