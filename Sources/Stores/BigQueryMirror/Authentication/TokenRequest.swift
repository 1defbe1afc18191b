import CurlTransport
import Foundation

/// Asks a token endpoint (RFC 6749, section 5).
enum TokenRequest {
  private struct Answer: Decodable {
    let accessToken: String
    let expiresIn: Double

    enum CodingKeys: String, CodingKey {
      case accessToken = "access_token"
      case expiresIn = "expires_in"
    }
  }

  private struct Refusal: Decodable {
    let error: String
    let description: String?

    enum CodingKeys: String, CodingKey {
      case error
      case description = "error_description"
    }
  }

  static func form(_ url: String, _ fields: [(String, String)]) -> HTTPRequest {
    var components = URLComponents()
    components.queryItems = fields.map { URLQueryItem(name: $0.0, value: $0.1) }
    // A query may hold a plus sign as it is; in a form it stands for a space.
    let body = (components.percentEncodedQuery ?? "").replacing("+", with: "%2B")
    return HTTPRequest(
      .post, url, headers: ["Content-Type": "application/x-www-form-urlencoded"],
      body: Array(body.utf8), timeout: .seconds(15))
  }

  static func send(
    _ request: HTTPRequest, over transport: any HTTPTransport
  ) async throws(MirrorError) -> AccessToken {
    let askedAt = Date()
    let response: HTTPResponse
    do {
      response = try await transport.send(request)
    } catch {
      throw .unreachable("no access token: \(error)")
    }
    if response.isSuccess {
      guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(response.body)) else {
        throw .unreachable("no access token: the token endpoint's answer is not what RFC 6749 says")
      }
      return AccessToken(
        value: answer.accessToken, expiresAt: askedAt.addingTimeInterval(answer.expiresIn))
    }
    if response.status == 429 || response.status >= 500 {
      throw .unreachable("no access token: the token endpoint answered HTTP \(response.status)")
    }
    // Google's words for a revoked or deleted key; they name no secret.
    let refusal = try? JSONDecoder().decode(Refusal.self, from: Data(response.body))
    let words =
      refusal.map { ": \($0.error)\($0.description.map { " (\($0))" } ?? "")" } ?? ""
    throw .credentials("the token endpoint refused them with HTTP \(response.status)\(words)")
  }
}
