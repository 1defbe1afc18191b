import CurlTransport
import Foundation
import HTTPTypes

/// Reads secrets (https://cloud.google.com/secret-manager/docs/reference/rest).
struct SecretManager: Sendable {
  let transport: any HTTPTransport
  let tokens: TokenCache
  var baseURL = "https://secretmanager.googleapis.com"

  /// The text of a secret's version.
  ///
  /// - Throws: `MirrorError` that names the secret, never its value.
  func text(project: String, name: String, version: String) async throws -> String {
    struct Answer: Decodable {
      struct Payload: Decodable { let data: String }
      let payload: Payload
    }
    let secret = "projects/\(project)/secrets/\(name)/versions/\(version)"
    let request = TransportRequest(
      .get, "\(baseURL)/v1/\(secret):access",
      headers: [.authorization: "Bearer \(try await tokens.value())"], timeout: .seconds(15))
    let response: TransportResponse
    do {
      response = try await transport.send(request)
    } catch {
      throw MirrorError.unreachable("the secret \(secret) was not read: \(error)")
    }
    guard response.isSuccess else {
      throw MirrorError.credentials(
        "the secret \(secret) was refused with HTTP \(response.status)")
    }
    guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(response.body)),
      let data = Data(base64Encoded: answer.payload.data)
    else { throw MirrorError.unreachable("the secret \(secret) came in an unknown form") }
    // A line end at its end belongs to the editor that it was written in.
    return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .newlines)
  }
}
