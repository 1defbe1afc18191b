import Zlib

/// All that the documentation says is refused, each with its status.
enum HostileRequests {
  static func event(_ members: String) -> String {
    #"{"event_type":"cell_executed","student_id":"s-1","notebook_path":"a.ipynb"\#(members)}"#
  }

  private static func nested(_ depth: Int) -> String {
    String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
  }

  /// Those that the server can answer as soon as it has them.
  static let prompt: [HostileRequest] = noJSON + invalidEvents + tooMuch

  private static let noJSON: [HostileRequest] = [
    HostileRequest("no JSON", "hello", status: 400, mentions: "no JSON", "at byte 0"),
    HostileRequest("empty", "", status: 400, mentions: "empty"),
    HostileRequest(
      "truncated", String(event("").dropLast(5)), status: 400, mentions: "ends in the middle"),
    HostileRequest(
      "NaN", event(#","duration_ms":NaN"#), status: 400, mentions: "no JSON", "at byte"),
    HostileRequest("a NUL byte", event(",\"team\":\"\0\""), status: 400, mentions: "no JSON"),
    HostileRequest(
      "no UTF-8", Array(#"{"event_type":""#.utf8) + [0xFF, 0xFE, 0x22, 0x7D], status: 400,
      mentions: "UTF-8"),
    HostileRequest(
      "no JSON lines", "no\nno\n", headers: ["Content-Type: application/x-ndjson"], status: 400,
      mentions: "no JSON"),
    HostileRequest(
      "another type", event(""), headers: ["Content-Type: text/plain"], status: 415,
      mentions: "application/json"),
    HostileRequest(
      "no gzip", event(""), headers: ["Content-Encoding: gzip"], status: 400,
      mentions: "cannot be unpacked"),
  ]

  private static let invalidEvents: [HostileRequest] = [
    HostileRequest(
      "missing fields", #"{"event_type":"help"}"#, status: 422,
      mentions: #""pointer":"/student_id","code":"required""#,
      #""pointer":"/notebook_path","code":"required""#),
    HostileRequest(
      "missing type", "{}", status: 422, mentions: #""pointer":"/event_type","code":"required""#),
    HostileRequest(
      "wrong types", #"{"event_type":"help","student_id":7,"notebook_path":[],"has_error":"no"}"#,
      status: 422, mentions: #""pointer":"/student_id","code":"type""#,
      #""pointer":"/notebook_path","code":"type""#, #""pointer":"/has_error","code":"type""#),
    HostileRequest(
      "no object", "[7]", status: 422, mentions: #""pointer":"","code":"type""#),
    HostileRequest(
      "unknown type", #"{"event_type":"cell_exploded"}"#, status: 422,
      mentions: #""pointer":"/event_type","code":"unknown_event_type""#, "cell_executed",
      "notebook_opened", "help_stop"),
    HostileRequest(
      "an overlong identifier",
      #"{"event_type":"help","student_id":"\#(String(repeating: "x", count: 129))","notebook_path":"a"}"#,
      status: 422, mentions: #""pointer":"/student_id","code":"too_long""#, "128"),
    HostileRequest(
      "half a surrogate pair", event(#","team":"\ud83d""#), status: 422,
      mentions: #""pointer":"/team","code":"lone_surrogate""#),
    HostileRequest(
      "an escaped NUL", event(#","attributes":{"a":"\u0000"}"#), status: 422,
      mentions: #""pointer":"/attributes/a","code":"nul_character""#),
    HostileRequest(
      "an infinite number", event(#","duration_ms":1e999"#), status: 422,
      mentions: #""pointer":"/duration_ms","code":"out_of_range""#),
    HostileRequest(
      "a day that is none", event(#","occurred_at":"2026-02-30T00:00:00Z""#), status: 422,
      mentions: #""pointer":"/occurred_at","code":"format""#),
    HostileRequest(
      "the future", event(#","occurred_at":"2999-01-01T00:00:00Z""#), status: 422,
      mentions: #""pointer":"/occurred_at","code":"in_future""#, "24 h"),
    HostileRequest(
      "deep nesting", event(#","attributes":\#(nested(9))"#), status: 422, mentions: "too_deep"),
    HostileRequest(
      "very deep nesting", event(#","attributes":\#(nested(400_000))"#), status: 422,
      mentions: "nested too deeply"),
  ]

  private static let tooMuch: [HostileRequest] = [
    HostileRequest(
      "a body of 10 MB", [UInt8](repeating: UInt8(ascii: " "), count: 10_000_000), status: 413,
      mentions: "1048576 bytes"),
    HostileRequest(
      "1,001 events",
      "[" + repeatElement(event(""), count: 1001).joined(separator: ",") + "]", status: 413,
      mentions: "1000 events"),
    HostileRequest(
      "an event over 64 KiB", event(#","code":"\#(String(repeating: "x", count: 65_536))""#),
      status: 413, mentions: "65536 bytes"),
    HostileRequest(
      "a bomb", Gzip.compress([UInt8](repeating: 0, count: 50_000_000), level: 9) ?? [],
      headers: ["Content-Encoding: gzip"], status: 413, mentions: "1048576 bytes, unpacked"),
  ]

  /// Its rest never comes.
  static let slow = HostileRequest(
    "a slow body", Array(event("").utf8), announcing: 1000, status: 408,
    mentions: "did not come in time")
}
