import CurlTransport
import Foundation

/// The tests' HTTP client.
struct HTTP {
  static let shared = HTTP(connections: 16)

  let transport: CurlTransport

  init(connections: Int) {
    transport = CurlTransport(CurlConfiguration(connectionsPerHost: connections))
  }

  func get(_ url: String) async throws -> HTTPResponse {
    try await transport.send(HTTPRequest(.get, url, responseLimit: 64 << 20))
  }

  func post(
    _ url: String, _ body: String, contentType: String = "application/json"
  ) async throws -> HTTPResponse {
    try await transport.send(
      HTTPRequest(.post, url, headers: ["Content-Type": contentType], body: Array(body.utf8)))
  }
}

extension HTTPResponse {
  var text: String { String(decoding: body, as: UTF8.self) }

  func decoded<Value: Decodable>(as type: Value.Type = Value.self) throws -> Value {
    try JSONDecoder().decode(type, from: Data(body))
  }
}
