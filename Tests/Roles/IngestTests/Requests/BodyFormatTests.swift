import Testing

@testable import Ingest

@Suite struct BodyFormatTests {
  @Test(
    "JSON, and what has no type",
    arguments: [nil, "application/json", "Application/JSON", "application/json ; charset=utf-8"])
  func json(_ type: String?) {
    #expect(BodyFormat(contentType: type) == .json)
  }

  @Test(
    "lines of JSON",
    arguments: ["application/x-ndjson", "application/ndjson;charset=utf-8", "application/jsonl"])
  func lines(_ type: String) {
    #expect(BodyFormat(contentType: type) == .ndjson)
  }

  @Test(
    "another type",
    arguments: [
      "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
      "application/json-patch+json", "application", "json",
    ])
  func other(_ type: String) {
    #expect(BodyFormat(contentType: type) == nil)
  }
}
