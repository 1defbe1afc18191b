import Access
import DeadLetters
import HTTPServer
import HTTPTypes
import Hummingbird
import JSONText
import Logging
import NIOCore

/// Dead letters over HTTP: what `progressbus dead-letters` does, for the operators' page and for scripts.
/// What they hold is personal data: the scope of every route is `admin`.
struct DeadLetterRoutes: Sendable {
  private static let path = "/api/v1/dead-letters"

  private let service: DeadLetterService
  private let parameters: DeadLetterParameters
  private let audit: AuditTrail

  init(service: DeadLetterService, sinks: [String], audit: AuditTrail) {
    self.service = service
    self.audit = audit
    parameters = DeadLetterParameters(sinks: sinks)
  }

  func add<Context: RequestContext>(to router: some RouterMethods<Context>) {
    let deadLetters = router.group(RouterPath(Self.path))
    deadLetters.get { request, context in
      try await APIAnswer.json(request, context, list)
    }
    deadLetters.get("count") { request, context in
      try await APIAnswer.json(request, context, count)
    }
    deadLetters.post("replay") { request, context in
      try await APIAnswer.json(request, context) { _ in
        let operation = try await operation(asked(by: request))
        let (outcome, next) = try await audit.record(
          "dead-letters.replay", target: Self.target(operation.filter), context,
          count: { $0.outcome.replayed }
        ) { try await operation.replay() }
        Self.note("replayed", outcome.replayed, of: operation.filter.sink, context)
        return DeadLetterAnswers.replayed(outcome, next: next)
      }
    }
    deadLetters.post("purge") { request, context in
      try await APIAnswer.json(request, context) { _ in
        let operation = try await operation(asked(by: request))
        let (purged, next) = try await audit.record(
          "dead-letters.purge", target: Self.target(operation.filter), context,
          count: { $0.purged }
        ) { try await operation.purge() }
        Self.note("purged", purged, of: operation.filter.sink, context)
        return DeadLetterAnswers.purged(purged, next: next)
      }
    }
    deadLetters.get(":id") { request, context in
      try await APIAnswer.json(request, context) { parameters in
        DeadLetterAnswers.content(try await content(DeadLetterParameters.id(parameters)))
      }
    }
    deadLetters.post(":id/replay") { request, context in
      try await APIAnswer.json(request, context) { parameters in
        let id = try DeadLetterParameters.id(parameters)
        let outcome = try await audit.record(
          "dead-letters.replay", target: "\(id)", context, count: { $0.replayed }
        ) { try await service.replay([id]) }
        guard outcome.replayed + outcome.stillInvalid.count > 0 else { throw Self.missing(id) }
        Self.note("replayed", outcome.replayed, of: id.sink, context)
        return DeadLetterAnswers.replayed(outcome)
      }
    }
    deadLetters.delete(":id") { request, context in
      try await APIAnswer.json(request, context) { parameters in
        let id = try DeadLetterParameters.id(parameters)
        let purged = try await audit.record(
          "dead-letters.purge", target: "\(id)", context, count: { $0 }
        ) { try await service.purge([id]) }
        guard purged > 0 else { throw Self.missing(id) }
        Self.note("purged", purged, of: id.sink, context)
        return DeadLetterAnswers.purged(purged)
      }
    }
  }

  private func list(_ request: RequestParameters) async throws -> JSONWriter {
    let filter = try parameters.filter(request)
    let limit = try request.limit()
    var position = try DeadLetterParameters.position(request.cursor(parts: 2)) ?? .start
    var page: [DeadLetterEntry] = []
    for try await entry in service.list(filter, after: position) {
      guard page.count < limit else {
        return DeadLetterAnswers.list(page, sinks: parameters.sinks, next: position)
      }
      page.append(entry)
      position.pass(entry.id)
    }
    return DeadLetterAnswers.list(page, sinks: parameters.sinks, next: nil)
  }

  private func count(_ request: RequestParameters) async throws -> JSONWriter {
    let operation = DeadLetterBulkOperation(
      service, filter: try parameters.filter(request),
      after: try DeadLetterParameters.position(request.cursor(parts: 2)) ?? .start, through: .end)
    return DeadLetterAnswers.count(try await operation.count())
  }

  private func content(_ id: DeadLetterID) async throws -> DeadLetterContent {
    guard let content = try await service.content(id) else { throw Self.missing(id) }
    return content
  }

  /// So that the log tells where dead letters went.
  private static func note(
    _ action: String, _ count: Int, of sink: String?, _ context: some RequestContext
  ) {
    context.logger.notice(
      "an operator \(action) dead letters",
      metadata: ["count": "\(count)", "sink": "\(sink ?? "any")"])
  }

  /// Without the filter's text, which an operator may have taken from an event.
  private static func target(_ filter: DeadLetterFilter) -> String {
    (filter.sink.map { "sink \($0)" } ?? "all sinks") + (filter.reason == nil ? "" : ", by reason")
  }

  private static func missing(_ id: DeadLetterID) -> Problem {
    .notFound("there is no dead letter \(id)")
  }

  private func asked(by request: Request) async throws -> DeadLetterBulkRequest {
    try DeadLetterBulkRequest(
      json: try await request.jsonBody(upTo: DeadLetterBulkRequest.maximumBytes))
  }

  private func operation(
    _ request: DeadLetterBulkRequest
  ) async throws -> DeadLetterBulkOperation {
    let filter = try parameters.filter(sink: request.sink, reason: request.reason)
    let after = try DeadLetterParameters.position(request.cursor, "cursor") ?? .start
    let given = try DeadLetterParameters.position(request.through, "through")
    // What is refused again while it is being replayed is not replayed a second time.
    let end = try await service.end()
    return DeadLetterBulkOperation(service, filter: filter, after: after, through: given ?? end)
  }
}
