import BigQueryMirror
import EventBus
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import NIOFoundationEssentialsCompat
import PostgresDriver

/// Turns what the mirror returns or throws into an answer.
enum MirrorAnswer {
  /// - Throws: `HTTPError` for what a client can do something about.
  static func json<Value: Encodable>(
    status: (Value) -> HTTPResponse.Status = { _ in .ok },
    _ body: () async throws -> Value
  ) async throws -> Response {
    do {
      let value = try await body()
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return Response.json(ByteBuffer(data: try encoder.encode(value)), status: status(value))
    } catch let error as MirrorError {
      throw problem(of: error)
    } catch let error as BusError {
      throw unavailable("\(error)")
    } catch let error as PostgresError {
      throw problem(of: error)
    }
  }

  static func problem(of error: MirrorError) -> HTTPError {
    switch error {
    case .disabled: HTTPError(.conflict, message: "\(error)")
    case .missingSalt, .credentials, .google, .unreachable: unavailable("\(error)")
    }
  }

  private static func problem(of error: PostgresError) -> any Error {
    // undefined_table, undefined_function: not migrated yet.
    if error.sqlState == "42P01" || error.sqlState == "42883" {
      return unavailable("the database is not set up; run `progressbus migrate`")
    }
    return error.category == .transient ? unavailable("the database does not answer") : error
  }

  private static func unavailable(_ reason: String) -> HTTPError {
    HTTPError(.serviceUnavailable, headers: [.retryAfter: "5"], message: reason)
  }
}
