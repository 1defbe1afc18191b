import Events
import Foundation
import HTTPServer
import HTTPTypes
import JSONText
import NIOCore
import NIOHTTP1

/// Statement resource and About resource of the Experience API (IEEE 9274.1.1; xAPI 1.0.3, part three), without queries.
struct StatementExchange: ClientExchange {
  private static let versionField = "X-Experience-API-Version"
  /// The newest of each line that is taken.
  private static let versions = ["2.0.0", "1.0.3"]

  let fieldNames = ["x-experience-api-version"]

  /// The version in which the request is answered: its own line, or the newest where it names none that is known.
  func fields(answering head: HTTPRequestHead) -> [(String, String)] {
    let asked = head.headers.first(name: Self.versionField)
    return [(Self.versionField, asked.flatMap(Self.version) ?? Self.versions[0])]
  }

  /// `1.0`, `1.0.x` and `2.0.x`: a patch changes no request (Semantic Versioning).
  static func version(_ text: String) -> String? {
    if text == "1.0" { return versions[1] }
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[1] == "0", !parts[2].isEmpty, parts[2].utf8.count <= 4,
      parts[2].utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else { return nil }
    return versions.first { $0.hasPrefix("\(parts[0]).") }
  }

  /// Clients of xAPI send HTTP Basic (RFC 7617): the password is the token, whatever the name.
  func authorization(_ field: String?) -> String? {
    guard let field, field.utf8.count > 6, field.prefix(6).lowercased() == "basic " else {
      return field
    }
    let encoded = field.dropFirst(6).trimmingCharacters(in: .whitespaces)
    guard let pair = Data(base64Encoded: encoded).flatMap({ String(bytes: $0, encoding: .utf8) }),
      let colon = pair.utf8.firstIndex(of: UInt8(ascii: ":"))
    else { return field }
    return "Bearer \(pair[pair.utf8.index(after: colon)...])"
  }

  func check(_ head: HTTPRequestHead, to route: ClientRoute) throws(Problem) {
    let given = head.headers[Self.versionField]
    guard given.count == 1, Self.version(given[0]) != nil else {
      throw .badRequest(
        given.isEmpty
          ? "\(Self.versionField) is required, such as \(Self.versions[1])"
          : "\(Self.versionField) must be one of 1.0, 1.0.x and 2.0.x")
    }
    if head.headers.first(name: "content-type")?.lowercased().hasPrefix("multipart/") ?? false {
      throw Problem(
        status: .unsupportedMediaType,
        detail: "statements come without attachments here: Content-Type must be application/json")
    }
    try checkQuery(route)
  }

  /// What is not known is an error (part three, section 2.1), and so is the form for old browsers, whose header is in its body.
  private func checkQuery(_ route: ClientRoute) throws(Problem) {
    let known: Set = route.method == .PUT ? ["statementId", "course"] : ["course"]
    let query = try route.query()
    if let name = query.names.filter({ !known.contains($0) }).min() {
      throw Problem(
        status: .badRequest,
        detail: name == "method"
          ? "the alternate request syntax is not taken: send a plain POST or PUT"
          : "the query may hold \(known.sorted().joined(separator: " and "))",
        parameter: String(name.unicodeScalars.prefix(64)))
    }
    if route.method == .PUT, query["statementId"].flatMap({ EventID($0) }) == nil {
      throw Problem(
        status: .badRequest, detail: "statementId is required, and a UUID",
        parameter: "statementId")
    }
  }

  /// Clients of the older line take a newer version for an error (tincan 1.0.0 does), so they are told of their own alone.
  func description(answering head: HTTPRequestHead) -> ByteBuffer {
    let own = head.headers.first(name: Self.versionField).flatMap(Self.version)
    var json = JSONWriter(capacity: 64)
    json.object { json in
      json.array("version", own == Self.versions[1] ? [Self.versions[1]] : Self.versions) {
        $0.string($1)
      }
    }
    return ByteBuffer(bytes: json.bytes)
  }

  /// The first few; who sends statements repairs them at the desk, one kind after another.
  func refusal(of rejected: [DecodedBatch.Rejected]) -> Problem {
    let faults = rejected.flatMap { rejected in rejected.errors.map { (rejected.index, $0) } }
    let words = faults.prefix(4).map { index, fault in
      "statement \(index)\(fault.pointer.isEmpty ? "" : ", \(fault.pointer)"): \(fault.message)"
    }
    let more = faults.count > 4 ? "; and \(faults.count - 4) more" : ""
    let status: HTTPResponse.Status =
      faults.allSatisfy { $0.1.code == .notAllowed }
      ? .forbidden
      : faults.contains { $0.1.code == .tooLarge } ? .contentTooLarge : .badRequest
    return Problem(
      status: status,
      detail: "\(words.joined(separator: "; "))\(more); no statement of the request was taken")
  }

  func answer(to method: HTTPMethod, _ ids: [EventID]) -> ByteBuffer? {
    guard method != .PUT else { return nil }
    let list = ids.map { "\"\($0)\"" }.joined(separator: ",")
    return ByteBuffer(string: "[\(list)]")
  }
}
