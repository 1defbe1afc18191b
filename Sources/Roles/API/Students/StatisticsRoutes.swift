public import BigQueryMirror
import HTTPServer
public import Hummingbird

/// What single learners did over days, by BigQuery.
public struct StatisticsRoutes: Sendable {
  private static let defaultDays = 7

  private let statistics: LearnerStatistics

  public init(statistics: LearnerStatistics) {
    self.statistics = statistics
  }

  public func add<Context: RequestContext>(to router: some RouterMethods<Context>) {
    router.get("/api/v1/users/:user/stats") { [statistics] request, context in
      try await APIAnswer.encoded(request, context) { parameters in
        try await statistics.statistics(
          of: parameters.identifier(inPath: "user"),
          days: parameters.integer(
            "days", in: LearnerStatistics.dayRange, default: Self.defaultDays))
      }
    }
  }
}
