import BigQueryMirror
import Events
import Foundation
import HTTPTypes
import Hummingbird

/// What single learners did.
struct StatisticsRoutes {
  private static let defaultDays = 7

  let statistics: LearnerStatistics

  func add(to router: Router<BasicRequestContext>) {
    router.get("/api/v1/users/:user/stats") { [statistics] request, context in
      let user = try Self.user(context.parameters)
      let days = try Self.days(request)
      return try await MirrorAnswer.json {
        try await statistics.statistics(of: user, days: days)
      }
    }
  }

  private static func user(_ parameters: Parameters) throws -> String {
    guard let user = parameters.get("user")?.removingPercentEncoding else {
      throw HTTPError(.badRequest, message: "user is not percent-encoded UTF-8")
    }
    let length = Envelope.identifierLength
    guard !user.isEmpty, user.unicodeScalars.count <= length, !user.utf8.contains(0) else {
      throw HTTPError(
        .badRequest, message: "user must have 1 to \(length) characters, and no NUL")
    }
    return user
  }

  private static func days(_ request: Request) throws -> Int {
    let given = request.uri.queryParameters[values: "days"]
    guard let text = given.first else { return defaultDays }
    let range = LearnerStatistics.dayRange
    guard given.count == 1, let days = Int(text), range.contains(days) else {
      throw HTTPError(
        .badRequest,
        message: "days must be one whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return days
  }
}
