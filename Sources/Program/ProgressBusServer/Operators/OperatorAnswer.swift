import API
import BigQueryMirror
import EventBus
import Hummingbird
import JSONText

/// Turns what an operator's route returns or throws into an answer.
enum OperatorAnswer {
  static func json(
    _ request: Request, _ context: some RequestContext,
    _ body: (RequestParameters) async throws -> JSONWriter
  ) async throws -> Response {
    try await Handling.answer(request, context) { parameters in
      do {
        return try await body(parameters)
      } catch let error as BusError {
        throw problem(of: error)
      }
    }
  }

  private static func problem(of error: BusError) -> Problem {
    switch error {
    case .unavailable: Problem(status: .serviceUnavailable, detail: "\(error)", retryAfter: 1)
    case .full: Problem(status: .serviceUnavailable, detail: "\(error)", retryAfter: 5)
    case .noGroup, .unexpected: Problem(status: .internalServerError, detail: "\(error)")
    }
  }
}
