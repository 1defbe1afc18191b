import CurlTransport
import Testing

@testable import BigQueryMirror

@Suite("What an answer to insertAll means")
struct InsertAllOutcomeTests {
  private func outcome(
    _ status: Int, _ body: String, retryAfter: String? = nil
  ) -> InsertAllOutcome {
    .of(status: status, body: Array(body.utf8), retryAfter: retryAfter, rowCount: 3)
  }

  private func error(_ status: Int, _ reason: String) -> String {
    #"{"error":{"code":\#(status),"message":"value alice@example.com","errors":[{"reason":"\#(reason)","message":"alice@example.com"}]}}"#
  }

  @Test(
    "Errors that may pass",
    arguments: [
      (429, "rateLimitExceeded"), (500, "internalError"), (502, "badGateway"),
      (503, "backendError"),
      (504, "timeout"), (403, "rateLimitExceeded"), (404, "notFound"),
    ])
  func transient(status: Int, reason: String) {
    #expect(outcome(status, error(status, reason)) == .transient("HTTP \(status) \(reason)"))
  }

  @Test("A body that is no JSON does not hide the status")
  func opaque() {
    #expect(
      outcome(503, "<html>busy</html>", retryAfter: "7")
        == .transient("HTTP 503", retryAfter: .seconds(7)))
  }

  @Test("Errors that call for something else")
  func others() {
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

  @Test("200 does not mean accepted")
  func insertErrors() {
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

  @Test(
    "200 with something else is no success",
    arguments: ["", "<html>", "[]", "{}", #"{"kind":1}"#, #"{"insertErrors":[{"index":3}]}"#])
  func garbage(body: String) {
    guard case .transient = outcome(200, body) else {
      Issue.record("\(body) counted as \(outcome(200, body))")
      return
    }
  }
}
