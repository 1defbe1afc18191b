import CurlTransport
import Foundation
import HTTPTypes

/// Asks a process what an operator asks, and takes the JSON apart.
struct OperatorClient {
  struct Answer: @unchecked Sendable {
    // Sound although `Any` is not Sendable: the values come from JSONSerialization and are never changed.
    let json: [String: Any]
    let status: Int
    let contentType: String?

    var detail: String { json["detail"] as? String ?? "" }
    func number(_ name: String) -> Int? { json[name] as? Int }
    func text(_ name: String) -> String? { json[name] as? String }
    func list(_ name: String) -> [[String: Any]] { json[name] as? [[String: Any]] ?? [] }
    func object(_ name: String) -> [String: Any] { json[name] as? [String: Any] ?? [:] }
  }

  let url: String

  init(_ process: ProgressBusProcess) { url = process.url }

  func get(_ path: String) async throws -> Answer { try await ask(.get, path) }

  func post(
    _ path: String, _ body: String = "", headers: HTTPFields = [:]
  ) async throws -> Answer {
    var headers = headers
    if !body.isEmpty, headers[.contentType] == nil {
      headers[.contentType] = "application/json"
    }
    return try await ask(.post, path, headers: headers, body: body)
  }

  func ask(
    _ method: HTTPRequest.Method, _ path: String, headers: HTTPFields = [:], body: String = ""
  ) async throws -> Answer {
    let response = try await HTTP.shared.transport.send(
      TransportRequest(
        method, url + path, headers: headers, body: Array(body.utf8), responseLimit: 64 << 20))
    let json = try JSONSerialization.jsonObject(with: Data(response.body))
    return Answer(
      json: json as? [String: Any] ?? [:], status: response.status,
      contentType: response.headers[.contentType])
  }

  /// The dead letters that a query means, all pages.
  func deadLetters(_ query: String = "") async throws -> [[String: Any]] {
    var letters: [[String: Any]] = []
    var cursor: String?
    repeat {
      let page = try await get(
        "/api/v1/dead-letters?\(query)" + (cursor.map { "&cursor=\($0)" } ?? ""))
      guard page.status == 200 else { throw Refused(answer: page) }
      letters += page.list("dead_letters")
      cursor = page.text("next_cursor")
    } while cursor != nil
    return letters
  }

  /// A sink, by name.
  func sink(_ name: String) async throws -> [String: Any]? {
    try await get("/api/v1/sinks").list("sinks").first { $0["sink"] as? String == name }
  }

  struct Refused: Error {
    let answer: Answer
  }
}
