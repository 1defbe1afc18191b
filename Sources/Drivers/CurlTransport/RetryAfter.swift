internal import CLibCurl
internal import Foundation
internal import HTTPTypes

extension TransportResponse {
  /// How long the server asks to wait (`Retry-After`, RFC 9110, section 10.2.3), at least 0; nil when
  /// it does not say, or says it unintelligibly.
  public var retryAfter: Duration? {
    retryAfter(now: Int64(Date().timeIntervalSince1970))
  }

  /// - Parameter now: seconds since 1970, for a server that names a date. The server's own `Date`
  ///   goes before, so that clocks that differ do no harm.
  func retryAfter(now: Int64) -> Duration? {
    guard let text = headers[.retryAfter] else { return nil }
    if !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
      // A number too large for Int64 is for ever; a year is as good.
      return .seconds(min(Int64(text) ?? .max, 31_536_000))
    }
    guard let date = HTTPDate.seconds(of: text) else { return nil }
    let serverNow = headers[.date].flatMap(HTTPDate.seconds) ?? now
    return .seconds(min(max(0, date - serverNow), 31_536_000))
  }
}

/// Dates in HTTP headers (RFC 9110, section 5.6.7).
enum HTTPDate {
  /// Seconds since 1970; nil for what is no date. The three forms of the RFC are understood, and others
  /// that begin with the day's name, as recipients are encouraged to; a date without a zone is in GMT.
  static func seconds(of text: String) -> Int64? {
    // libcurl also takes bare numbers for dates.
    guard text.first?.isLetter == true, !text.utf8.contains(0) else { return nil }
    let seconds = curl_getdate(text, nil)
    return seconds < 0 ? nil : Int64(seconds)
  }
}
