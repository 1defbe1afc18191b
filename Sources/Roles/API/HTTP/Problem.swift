public import HTTPTypes
public import Hummingbird
import JSONText
public import PostgresDriver

/// Why a request has no answer, as `application/problem+json` (RFC 9457).
public struct Problem: Error, Equatable {
  public let status: HTTPResponse.Status
  public let detail: String
  /// Seconds after which to try again.
  public var retryAfter: Int?

  public static func badRequest(_ detail: String) -> Problem {
    Problem(status: .badRequest, detail: detail)
  }

  public static func notFound(_ detail: String) -> Problem {
    Problem(status: .notFound, detail: detail)
  }

  public init(status: HTTPResponse.Status, detail: String, retryAfter: Int? = nil) {
    self.status = status
    self.detail = detail
    self.retryAfter = retryAfter
  }

  public init(_ error: PostgresError) {
    // undefined_table, undefined_function: not migrated yet.
    if error.sqlState == "42P01" || error.sqlState == "42883" {
      self.init(
        status: .serviceUnavailable,
        detail: "the database is not set up; run `progressbus migrate`", retryAfter: 5)
      return
    }
    switch error.category {
    case .transient:
      self.init(
        status: .serviceUnavailable, detail: "the database does not answer", retryAfter: 1)
    case .data:
      self.init(
        status: .badRequest, detail: "the request holds a value that the database cannot take")
    case .permanent:
      self.init(status: .internalServerError, detail: "the database refuses the query")
    }
  }

  public func response() -> Response {
    var json = JSONWriter(capacity: 256)
    json.object { json in
      json.member("type", "about:blank")
      json.member("title", status.reasonPhrase)
      json.member("status", status.code)
      json.member("detail", detail)
    }
    var headers: HTTPFields = [
      .contentType: "application/problem+json", .cacheControl: "no-store",
      .xContentTypeOptions: "nosniff",
    ]
    if let retryAfter { headers[.retryAfter] = String(retryAfter) }
    return Response(status: status, headers: headers, body: .init(byteBuffer: json.buffer))
  }
}
