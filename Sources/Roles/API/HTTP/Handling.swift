import HTTPTypes
public import Hummingbird
public import JSONText
import Logging
import PostgresDriver

/// Turns what a handler returns or throws into an answer that no cache may keep.
public enum Handling {
  public static func answer(
    _ request: Request, _ context: some RequestContext,
    _ body: (RequestParameters) async throws -> JSONWriter
  ) async throws -> Response {
    do {
      let json = try await body(RequestParameters(request, context))
      return Response(
        status: .ok,
        headers: [
          .contentType: "application/json", .cacheControl: "no-store",
          .xContentTypeOptions: "nosniff",
        ],
        body: .init(byteBuffer: json.buffer))
    } catch let problem as Problem {
      return problem.response()
    } catch let error as PostgresError {
      let problem = Problem(error)
      context.logger.log(
        level: problem.status.code >= 500 ? .error : .debug, "the read API failed",
        metadata: ["error": "\(error)"])
      return problem.response()
    }
  }
}
