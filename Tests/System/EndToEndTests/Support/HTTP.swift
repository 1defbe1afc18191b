import CurlTransport
import Foundation
import HTTPTypes

/// The tests' HTTP client.
struct HTTP {
  static let shared = HTTP(connections: 16)

  let transport: CurlTransport

  init(connections: Int) {
    transport = CurlTransport(CurlConfiguration(connectionsPerHost: connections))
  }

  func get(_ url: String) async throws -> TransportResponse {
    try await transport.send(TransportRequest(.get, url, responseLimit: 64 << 20))
  }

  func post(
    _ url: String, _ body: String, contentType: String = "application/json"
  ) async throws -> TransportResponse {
    try await transport.send(
      TransportRequest(.post, url, headers: [.contentType: contentType], body: Array(body.utf8)))
  }
}

extension TransportResponse {
  var text: String { String(decoding: body, as: UTF8.self) }

  func decoded<Value: Decodable>(as type: Value.Type = Value.self) throws -> Value {
    try JSONDecoder().decode(type, from: Data(body))
  }
}
