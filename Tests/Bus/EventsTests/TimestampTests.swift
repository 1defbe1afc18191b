import Foundation
import SeededRandom
import Testing

@testable import Events

@Suite struct TimestampTests {
  @Test(arguments: [
    ("Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37.000000Z"),
    ("Thu, 29 Feb 2024 23:59:60 GMT", "2024-03-01T00:00:00.000000Z"),
    ("Xxx, 31 Dec 9999 23:59:59 GMT", "9999-12-31T23:59:59.000000Z"),
  ])
  func anHTTPDateIsReadInTheFormThatSendersWrite(text: String, moment: String) {
    #expect(Timestamp(httpDate: text)?.description == moment)
  }

  @Test(arguments: [
    ("1994-11-06T08:49:37.999999Z", "Sun, 06 Nov 1994 08:49:37 GMT"),
    ("1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 GMT"),
    ("1969-12-31T23:59:59.5Z", "Wed, 31 Dec 1969 23:59:59 GMT"),
    ("0000-03-01T00:00:00Z", "Wed, 01 Mar 0000 00:00:00 GMT"),
    ("9999-12-31T23:59:59Z", "Fri, 31 Dec 9999 23:59:59 GMT"),
  ])
  func anHTTPDateIsWrittenInTheSameForm(moment: String, text: String) throws {
    let timestamp = try #require(Timestamp(rfc3339: moment.utf8))
    #expect(timestamp.httpDate == text)
  }

  @Test(arguments: [
    "", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
    "Sun, 06 Nov 1994 08:49:37 UTC",
    "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 24:49:37 GMT",
    "Sun, 6 Nov 1994 08:49:37 GMT ", "Sun, 06 Nov 1994 08:49:37 GM\u{e9}",
  ])
  func anotherHTTPDateIsNone(text: String) {
    #expect(Timestamp(httpDate: text) == nil)
  }

  @Test(arguments: [
    ("2026-11-21T09:05:00Z", "2026-11-21T09:05:00.000000Z"),
    ("2026-11-21T09:05:00.123Z", "2026-11-21T09:05:00.123000Z"),
    ("2026-11-21T09:05:00.123456789Z", "2026-11-21T09:05:00.123456Z"),
    ("2026-11-21t09:05:00.5z", "2026-11-21T09:05:00.500000Z"),
    ("2026-11-21 09:05:00+09:00", "2026-11-21T00:05:00.000000Z"),
    ("2026-01-01T00:30:00+05:45", "2025-12-31T18:45:00.000000Z"),
    ("2024-02-29T23:59:60Z", "2024-03-01T00:00:00.000000Z"),
    ("1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"),
    ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000000Z"),
    ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
  ])
  func rfc3339IsReadAndTheCanonicalFormWritten(text: String, canonical: String) throws {
    let moment = try #require(Timestamp(rfc3339: text.utf8))
    #expect(moment.description == canonical)
    #expect(Timestamp(rfc3339: canonical.utf8) == moment)
  }

  @Test(arguments: [
    "", "2026-11-21", "2026-11-21T09:05:00", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z",
    "2026-11-21T24:00:00Z", "2026-11-21T09:60:00Z", "2026-11-21T09:05:61Z",
    "2026-11-21T09:05:00.Z",
    "2026-11-21T09:05:00+24:00", "2026-11-21T09:05:00 Z", "26-11-21T09:05:00Z",
    "2026-11-21T09:05:00Zx", "9999-12-31T23:59:59-01:00", "1900-02-29T00:00:00Z",
  ])
  func whatIsNoMomentIsRefused(text: String) {
    #expect(Timestamp(rfc3339: text.utf8) == nil)
  }

  @Test func randomMomentsReadAsFoundationReadsThem() {
    let format = Date.ISO8601FormatStyle(includingFractionalSeconds: false)
    var random = SeededGenerator(seed: 7)
    for _ in 0..<2000 {
      let seconds = Int64.random(in: -60_000_000_000...250_000_000_000, using: &random)
      let text = format.format(Date(timeIntervalSince1970: Double(seconds)))
      // Foundation switches to the Julian calendar before October 1582; RFC 3339 does not.
      guard seconds > -12_219_292_800 else { continue }
      #expect(
        Timestamp(microseconds: seconds * 1_000_000).description.prefix(19) == text.prefix(19))
    }
  }
}
