internal import Foundation

extension HTTPResponse {
  /// How long the server asks to wait (`Retry-After`, RFC 9110, section 10.2.3), at least 0; nil when
  /// it does not say, or says it unintelligibly.
  public var retryAfter: Duration? {
    retryAfter(now: Int64(Date().timeIntervalSince1970))
  }

  /// - Parameter now: seconds since 1970, for a server that names a date. The server's own `Date`
  ///   goes before, so that clocks that differ do no harm.
  func retryAfter(now: Int64) -> Duration? {
    guard let text = headers[name: "Retry-After"] else { return nil }
    if !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
      // A number too large for Int64 is for ever; a year is as good.
      return .seconds(min(Int64(text) ?? .max, 31_536_000))
    }
    guard let date = HTTPDate.parse(text) else { return nil }
    let serverNow = headers[name: "Date"].flatMap(HTTPDate.parse) ?? now
    return .seconds(min(max(0, date - serverNow), 31_536_000))
  }
}
