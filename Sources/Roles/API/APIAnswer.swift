import BigQueryMirror
import EventBus
import Events
import Foundation
import HTTPServer
import HTTPTypes
import Hummingbird
import JSONText
import Logging
import NIOCore
import NIOFoundationEssentialsCompat
import Observability
import PostgresDriver

/// Turns what a route of the API returns or throws into an answer that no cache may keep. The one place
/// that knows what a store's error is to a client.
enum APIAnswer {
  static func json(
    _ request: Request, _ context: some RequestContext,
    _ body: (RequestParameters) async throws -> JSONWriter
  ) async throws -> Response {
    try await answer(context) {
      .json(try await body(RequestParameters(request, context)).buffer)
    }
  }

  /// The same of a value whose names stand in its type.
  ///
  /// - Parameter status: of the answer.
  static func encoded<Value: Encodable>(
    _ request: Request, _ context: some RequestContext,
    status: (Value) -> HTTPResponse.Status = { _ in .ok },
    _ body: (RequestParameters) async throws -> Value
  ) async throws -> Response {
    try await answer(context) {
      let value = try await body(RequestParameters(request, context))
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return .json(ByteBuffer(data: try encoder.encode(value)), status: status(value))
    }
  }

  private static func answer(
    _ context: some RequestContext, _ body: () async throws -> Response
  ) async throws -> Response {
    do {
      return try await body()
    } catch {
      guard let problem = problem(of: error) else { throw error }
      if error is PostgresError {
        context.logger.log(
          level: problem.status.code >= 500 ? .error : .debug, "the API failed",
          metadata: ["error": "\(error)"])
      }
      return problem.response()
    }
  }

  /// Nil for what a client can do nothing about, and nobody has expected.
  private static func problem(of error: any Error) -> Problem? {
    switch error {
    case let problem as Problem: problem
    // Each under a name of its own: an overload of this function that returns no optional would lose to
    // the function itself, which would call itself for ever.
    case let error as PostgresError: databaseProblem(error)
    case let error as BusError: busProblem(error)
    case let error as MirrorError: mirrorProblem(error)
    case let error as AuditError:
      Problem(status: .serviceUnavailable, detail: "\(error)", retryAfter: 5)
    default: nil
    }
  }

  private static func databaseProblem(_ error: PostgresError) -> Problem {
    // undefined_table, undefined_function: not migrated yet.
    if error.sqlState == "42P01" || error.sqlState == "42883" {
      return Problem(
        status: .serviceUnavailable,
        detail: "the database is not set up; run `progressbus migrate`", retryAfter: 5)
    }
    return switch error.category {
    case .transient, .outOfTime:
      Problem(status: .serviceUnavailable, detail: "the database does not answer", retryAfter: 1)
    case .data: .badRequest("the request holds a value that the database cannot take")
    case .statementOrAccess:
      Problem(status: .internalServerError, detail: "the database refuses the query")
    }
  }

  private static func busProblem(_ error: BusError) -> Problem {
    switch error {
    case .unavailable, .unanswered, .unconfirmed, .partly, .full:
      Problem(
        status: .serviceUnavailable, detail: "\(error)", retryAfter: error.fault.retryAfter)
    case .noGroup, .unexpected: Problem(status: .internalServerError, detail: "\(error)")
    }
  }

  private static func mirrorProblem(_ error: MirrorError) -> Problem {
    switch error {
    case .disabled: Problem(status: .conflict, detail: "\(error)")
    default: Problem(status: .serviceUnavailable, detail: "\(error)", retryAfter: 5)
    }
  }
}

extension Response {
  /// An answer that no cache may keep.
  static func json(_ body: ByteBuffer, status: HTTPResponse.Status = .ok) -> Response {
    Response(
      status: status,
      headers: [
        .contentType: "application/json", .cacheControl: "no-store",
        .xContentTypeOptions: "nosniff",
      ],
      body: .init(byteBuffer: body))
  }
}

extension RequestParameters {
  /// An identifier that is a segment of the path.
  func identifier(inPath name: String) throws(Problem) -> String {
    try text(inPath: name, maximumLength: Envelope.identifierLength)
  }
}
