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
    do {
      return try await next(request, context)
    } catch let error as any HTTPResponseError {
      let detail = (error as? HTTPError)?.body
      return try Self.response(status: error.status, detail: detail)
    } catch {
      context.logger.error("a request failed", metadata: ["error": "\(error)"])
      return try Self.response(status: .internalServerError, detail: nil)
    }
  }

  private static func response(status: HTTPResponse.Status, detail: String?) throws -> Response {
    let problem = Problem(title: status.reasonPhrase, status: status.code, detail: detail)
    return Response(
      status: status,
      headers: [.contentType: "application/problem+json", .cacheControl: "no-store"],
      body: .init(byteBuffer: ByteBuffer(data: try JSONEncoder().encode(problem))))
  }
}
