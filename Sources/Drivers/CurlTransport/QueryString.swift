/// Builds the query of a URL.
public enum QueryString {
  /// `?name=value&…`, percent-encoded in UTF-8; empty without items.
  public static func encode(_ items: [(name: String, value: String)]) -> String {
    items.isEmpty ? "" : "?" + form(items)
  }

  /// The same without the question mark: the body of an `application/x-www-form-urlencoded` request.
  public static func form(_ items: [(name: String, value: String)]) -> String {
    items.map { percentEncode($0.name) + "=" + percentEncode($0.value) }.joined(separator: "&")
  }

  /// Encodes everything but the unreserved characters (RFC 3986, section 2.3), so that the result
  /// can stand anywhere in a URL.
  public static func percentEncode(_ text: String) -> String {
    var encoded = ""
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"):
        encoded.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let digits = String(byte, radix: 16, uppercase: true)
        encoded += byte < 16 ? "%0\(digits)" : "%\(digits)"
      }
    }
    return encoded
  }
}
