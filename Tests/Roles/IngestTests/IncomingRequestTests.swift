import Testing

@testable import Ingest

@Suite struct IncomingRequestTests {
  @Test(arguments: [
    nil, "application/json", "Application/JSON", "application/json ; charset=utf-8",
  ])
  func jsonIsKnownByItsTypeAndByTheLackOfOne(_ type: String?) {
    #expect(BodyFormat(contentType: type) == .json)
  }

  @Test(arguments: [
    "application/x-ndjson", "application/ndjson;charset=utf-8", "application/jsonl",
  ])
  func linesOfJSONAreKnownByTheirTypes(_ type: String) {
    #expect(BodyFormat(contentType: type) == .ndjson)
  }

  @Test(arguments: [
    "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
    "application/json-patch+json", "application", "json",
  ])
  func anotherTypeIsNoFormat(_ type: String) {
    #expect(BodyFormat(contentType: type) == nil)
  }

  @Test(
    arguments: [
      (nil, .identity), ("", .identity), ("identity", .identity), ("gzip", .gzip), ("gzip ", .gzip),
      ("\tGZip\t", .gzip), ("x-gzip", .gzip), (" X-GZIP , identity", .gzip),
      (",deflate,,", .deflate),
      ("identity,identity", .identity),
    ] as [(String?, BodyEncoding)])
  func anEncodingIsReadAsAListOfNames(_ value: String?, encoding: BodyEncoding) {
    #expect(BodyEncoding(contentEncoding: value) == encoding)
  }

  @Test(arguments: ["br", "gzip, gzip", "deflate, gzip", "gzip;q=1", "gz ip", "zstd", "\"gzip\""])
  func anotherEncodingAndOneUponAnotherAreRefused(_ value: String) {
    #expect(BodyEncoding(contentEncoding: value) == nil)
  }
}
