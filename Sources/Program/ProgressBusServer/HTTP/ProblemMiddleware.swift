import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOFoundationEssentialsCompat

/// Turns every error of a route into `application/problem+json` (RFC 9457).
struct ProblemMiddleware<Context: RequestContext>: RouterMiddleware {
  private struct Problem: Encodable {
    let type = "about:blank"
    let title: String
    let status: Int
    let detail: String?
  }

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    let response = try await answer(request, context, next)
    // The router makes HEAD of a GET's answer, but not of its errors.
    return request.method == .head ? response.createHeadResponse() : response
  }

  private func answer(
    _ request: Request, _ context: Context, _ next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch let error as HTTPError {
      return try Self.response(status: error.status, detail: error.body, headers: error.headers)
    } catch let error as any HTTPResponseError {
      return try Self.response(status: error.status)
    } catch {
      context.logger.error("a request failed", metadata: ["error": "\(error)"])
      return try Self.response(status: .internalServerError)
    }
  }

  /// - Parameter headers: what the error says beside its body, such as `Allow` or `Retry-After`.
  private static func response(
    status: HTTPResponse.Status, detail: String? = nil, headers: HTTPFields = [:]
  ) throws -> Response {
    let problem = Problem(title: status.reasonPhrase, status: status.code, detail: detail)
    var headers = headers
    headers[.contentType] = "application/problem+json"
    headers[.cacheControl] = "no-store"
    return Response(
      status: status, headers: headers,
      body: .init(byteBuffer: ByteBuffer(data: try JSONEncoder().encode(problem))))
  }
}
