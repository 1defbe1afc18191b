import HTTPTypes
import Testing

@testable import CurlTransport

@Suite struct RetryAfterTests {
  @Test(
    arguments: [
      ("120", 120), ("0", 0), ("99999999999999999999", 31_536_000),
      ("Sun, 06 Nov 1994 08:49:37 GMT", 37), ("Sun, 06 Nov 1994 08:48:00 GMT", 0),
      ("Mon, 07 Nov 1994 08:49:00 GMT", 86_400), ("Tue, 29 Feb 2000 00:00:00 GMT", 31_536_000),
      // The two obsolete forms, and what is close enough.
      ("Sunday, 06-Nov-94 08:49:37 GMT", 37), ("Sun Nov  6 08:49:37 1994", 37),
      ("Sun, 06 Nov 1994 08:49:37", 37), ("Sun, 6 Nov 1994 8:49:37 GMT", 37),
      ("", nil), ("-1", nil), ("1.5", nil), ("soon", nil), ("Sun, 06 Foo 1994 08:49:37 GMT", nil),
      ("Sun, 06 Nov 1994 25:49:37 GMT", nil),
    ] as [(String, Int64?)])
  func secondsAndDatesAreUnderstoodAnythingElseIsNot(_ text: String, _ seconds: Int64?) {
    let response = TransportResponse(status: 503, headers: [.retryAfter: text])
    #expect(response.retryAfter(now: 784_111_740) == seconds.map { .seconds($0) })
  }

  @Test func theServersOwnClockCounts() {
    let response = TransportResponse(
      status: 503,
      headers: [
        .retryAfter: "Sun, 06 Nov 1994 08:49:37 GMT", .date: "Sun, 06 Nov 1994 08:49:30 GMT",
      ])
    #expect(response.retryAfter(now: 2_000_000_000) == .seconds(7))
    #expect(TransportResponse(status: 503).retryAfter == nil)
  }

  @Test(
    arguments: [
      ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("Tue, 29 Feb 2000 12:00:00 GMT", 951_825_600),
      ("Sat, 21 Nov 2026 10:00:00 GMT", 1_795_255_200),
      ("Wed, 01 Mar 2100 00:00:00 GMT", 4_107_542_400),
    ] as [(String, Int64)])
  func datesAreCountedByTheGregorianCalendar(_ text: String, _ seconds: Int64) {
    #expect(HTTPDate.seconds(of: text) == seconds)
  }

  @Test func aQueryIsEncodedSoThatNothingBreaksOutOfItsValue() {
    #expect(QueryString.encode([]) == "")
    #expect(
      QueryString.encode([("db", "a&b=c d"), ("q", "é/~\u{1}")])
        == "?db=a%26b%3Dc%20d&q=%C3%A9%2F~%01")
  }
}
