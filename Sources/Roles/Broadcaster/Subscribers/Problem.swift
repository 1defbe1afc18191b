import Foundation
import HTTPServer
import NIOCore
import NIOHTTP1

/// A refusal to open a subscription, as RFC 9457 writes it.
struct Problem: Encodable {
  let title: String
  let status: Int
  let detail: String
  /// The query parameter at fault.
  var parameter: String?

  func response(headers: HTTPHeaders = [:]) -> HTTPErrorResponse {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Strings and an integer always encode.
    let body = (try? encoder.encode(self)) ?? Data()
    return HTTPErrorResponse(
      status: HTTPResponseStatus(statusCode: status), headers: headers,
      body: ByteBuffer(bytes: body))
  }
}
