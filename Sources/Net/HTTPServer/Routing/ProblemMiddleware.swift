public import Hummingbird
import Logging

/// Turns every error of a route into `application/problem+json` (RFC 9457).
public struct ProblemMiddleware<Context: RequestContext>: RouterMiddleware {
  public init() {}

  public func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    let response = await answer(request, context, next)
    // The router makes HEAD of a GET's answer, but not of its errors.
    return request.method == .head ? response.createHeadResponse() : response
  }

  private func answer(
    _ request: Request, _ context: Context, _ next: (Request, Context) async throws -> Response
  ) async -> Response {
    do {
      return try await next(request, context)
    } catch {
      return problem(of: error, context).response()
    }
  }

  private func problem(of error: any Error, _ context: Context) -> Problem {
    switch error {
    case let problem as Problem: return problem
    // What the error says beside its body, such as `Allow` or `Retry-After`, stays.
    case let error as HTTPError:
      return Problem(status: error.status, detail: error.body, fields: error.headers)
    case let error as any HTTPResponseError: return Problem(status: error.status, detail: nil)
    default:
      context.logger.error("a request failed", metadata: ["error": "\(error)"])
      return Problem(status: .internalServerError, detail: nil)
    }
  }
}
