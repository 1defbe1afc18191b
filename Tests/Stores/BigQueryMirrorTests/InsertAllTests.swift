import CurlTransport
import Foundation
import Testing

@testable import BigQueryMirror

/// insertAll requests.
@Suite struct InsertAllRequestTests {
  @Test func aPseudonymIsTheDigestOfIdentifierAndSalt() throws {
    let pseudonymizer = try #require(Pseudonymizer(salt: "pepper"))
    #expect(
      pseudonymizer.pseudonym(for: "user-1")
        == "3ec3e5ada7d357d0c5c638f71248a9815f7abbcbc14c29d0fbd0001d56b88875")
    #expect(Pseudonymizer(salt: "") == nil)
  }

  @Test func pseudonymsJoinTheDocumentWhateverIsInThem() throws {
    for document in [#"{}"#, #"{"a": 1}"#] {
      for pseudonyms in [[], [("h", "x\"\\\u{1}y" as String?), ("n", nil)]] as [[(String, String?)]]
      {
        let bytes = InsertAllRequest.element(
          insertID: "i\"d", document: Array(document.utf8),
          pseudonyms: pseudonyms.map { (name: $0.0, value: $0.1) })
        let parsed = try #require(
          try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
        #expect(parsed["insertId"] as? String == "i\"d")
        let json = try #require(parsed["json"] as? [String: Any])
        #expect(json.count == (document == "{}" ? 0 : 1) + pseudonyms.count)
        if !pseudonyms.isEmpty {
          #expect(json["h"] as? String == "x\"\\\u{1}y")
          #expect(json["n"] is NSNull)
        }
      }
    }
  }

  @Test func anInsertIDHasItsFormAndAtMost128Characters() {
    func make(_ form: String, _ key: String, _ correction: Int64? = nil) -> String {
      InsertAllRequest.insertID(form: form, sourceKey: key, correction: correction)
    }
    #expect(make("det_{id}", "7") == "det_7")
    #expect(make("{id}", "s", 12) == "s~12")
    let long = String(repeating: "k", count: 125)
    #expect(make("{id}", long) == long)
    #expect(make("SUM-{id}", long).count == 64)
    #expect(make("SUM-{id}", long) == make("SUM-{id}", long))
    #expect(make("SUM-{id}", long) != make("SUM-{id}", long + "k"))
  }

  @Test func noRequestIsOver10MegabytesAndNoRowIsLost() {
    let rows = (0..<50).map {
      OutgoingRow(id: Int64($0), attempts: 0, element: Array(repeating: 65, count: 1_000_000))
    }
    let huge = OutgoingRow(id: 50, attempts: 0, element: Array(repeating: 65, count: 11_000_000))
    let runs = InsertAllRequest.split(rows + [huge])
    #expect(runs.flatMap { $0 }.map(\.id) == (0...50).map(Int64.init))
    for run in runs.dropLast() { #expect(InsertAllRequest.body(run).count <= 10_000_000) }
    #expect(runs.last?.map(\.id) == [50])
    #expect(InsertAllRequest.split([]).isEmpty)
  }
}

/// What an answer to insertAll means.
@Suite struct InsertAllOutcomeTests {
  private func outcome(
    _ status: Int, _ body: String, retryAfter: Duration? = nil
  ) -> InsertAllOutcome {
    .of(status: status, body: Array(body.utf8), retryAfter: retryAfter, rowCount: 3)
  }

  private func error(_ status: Int, _ reason: String) -> String {
    #"{"error":{"code":\#(status),"message":"value alice@example.com","errors":[{"reason":"\#(reason)","message":"alice@example.com"}]}}"#
  }

  @Test(arguments: [
    (429, "rateLimitExceeded"), (500, "internalError"), (502, "badGateway"),
    (503, "backendError"),
    (504, "timeout"), (403, "rateLimitExceeded"), (404, "notFound"),
  ])
  func errorsThatMayPassAreTransient(status: Int, reason: String) {
    #expect(
      outcome(status, error(status, reason))
        == .transient("HTTP \(status) \(reason)", mayLieInRows: status >= 500))
  }

  @Test func aBodyThatIsNoJSONDoesNotHideTheStatus() {
    #expect(
      outcome(503, "<html>busy</html>", retryAfter: .seconds(7))
        == .transient("HTTP 503", retryAfter: .seconds(7)))
  }

  @Test func otherErrorsCallForSomethingElse() {
    #expect(
      outcome(403, error(403, "quotaExceeded")) == .quotaExceeded("HTTP 403 quotaExceeded"))
    #expect(outcome(403, error(403, "accessDenied")) == .refused("HTTP 403 accessDenied"))
    #expect(outcome(401, error(401, "authError")) == .refused("HTTP 401 authError"))
    #expect(outcome(413, "") == .tooLarge("HTTP 413"))
    #expect(outcome(400, error(400, "invalid")) == .malformed("HTTP 400 invalid"))
    #expect(
      InsertAllOutcome.of(TransportError(.timedOut))
        == .transient("the server did not answer in time"))
    #expect(InsertAllOutcome.of(TransportError(.cancelled)) == .interrupted)
  }

  @Test func status200DoesNotMeanAccepted() {
    #expect(outcome(200, #"{"kind":"bigquery#tableDataInsertAllResponse"}"#) == .answered([:]))
    let body = #"""
      {"kind":"bigquery#tableDataInsertAllResponse","insertErrors":[
        {"errors":[{"reason":"invalid","location":"age","message":"bad value: alice"}]},
        {"index":1,"errors":[{"reason":"stopped"}]},
        {"index":2,"errors":[{"reason":"stopped"},{"reason":"backendError"}]}]}
      """#
    #expect(
      outcome(200, body)
        == .answered([
          0: .invalid(full: "invalid: age: bad value: alice", public: "invalid: age"),
          1: .stopped, 2: .transient("backendError"),
        ]))
  }

  @Test(arguments: ["", "<html>", "[]", "{}", #"{"kind":1}"#, #"{"insertErrors":[{"index":3}]}"#])
  func status200WithSomethingElseIsNoSuccess(body: String) {
    guard case .transient = outcome(200, body) else {
      Issue.record("\(body) counted as \(outcome(200, body))")
      return
    }
  }
}
