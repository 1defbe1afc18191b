import API
import HTTPTypes
import Hummingbird
import JSONText
import Logging
import NIOCore

/// Dead letters over HTTP: what `progressbus dead-letters` does, for the operators' page and for scripts.
/// What letters hold is personal data: the scope of every route is `admin`.
struct DeadLetterRoutes: Sendable {
  private static let path = "/api/v1/dead-letters"

  let office: DeadLetterOffice

  func add(to router: some RouterMethods<BasicRequestContext>) {
    let letters = router.group(RouterPath(Self.path))
    letters.get { request, context in
      try await OperatorAnswer.json(request, context, list)
    }
    letters.get("count") { request, context in
      try await OperatorAnswer.json(request, context, count)
    }
    letters.post("replay") { request, context in
      try await OperatorAnswer.json(request, context) { _ in
        let walk = try await walk(ordered(by: request))
        let (outcome, next) = try await walk.replay()
        Self.note("replayed", outcome.replayed, of: walk.filter.sink, context)
        return DeadLetterAnswers.replayed(outcome, next: next)
      }
    }
    letters.post("purge") { request, context in
      try await OperatorAnswer.json(request, context) { _ in
        let walk = try await walk(ordered(by: request))
        let (purged, next) = try await walk.purge()
        Self.note("purged", purged, of: walk.filter.sink, context)
        return DeadLetterAnswers.purged(purged, next: next)
      }
    }
    letters.get(":id") { request, context in
      try await OperatorAnswer.json(request, context) { parameters in
        DeadLetterAnswers.content(try await content(DeadLetterParameters.id(parameters)))
      }
    }
    letters.post(":id/replay") { request, context in
      try await OperatorAnswer.json(request, context) { parameters in
        let id = try DeadLetterParameters.id(parameters)
        let outcome = try await office.replay([id])
        guard outcome.replayed + outcome.stillInvalid.count > 0 else { throw Self.missing(id) }
        Self.note("replayed", outcome.replayed, of: id.sink, context)
        return DeadLetterAnswers.replayed(outcome)
      }
    }
    letters.delete(":id") { request, context in
      try await OperatorAnswer.json(request, context) { parameters in
        let id = try DeadLetterParameters.id(parameters)
        let purged = try await office.purge([id])
        guard purged > 0 else { throw Self.missing(id) }
        Self.note("purged", purged, of: id.sink, context)
        return DeadLetterAnswers.purged(purged)
      }
    }
  }

  private func list(_ parameters: RequestParameters) async throws -> JSONWriter {
    let filter = try DeadLetterParameters.filter(parameters)
    let limit = try parameters.limit()
    var place = try DeadLetterParameters.place(parameters.cursor(parts: 2)) ?? .start
    var page: [DeadLetterEntry] = []
    for try await entry in office.entries(filter, after: place) {
      guard page.count < limit else { return DeadLetterAnswers.list(page, next: place) }
      page.append(entry)
      place.pass(entry.id)
    }
    return DeadLetterAnswers.list(page, next: nil)
  }

  private func count(_ parameters: RequestParameters) async throws -> JSONWriter {
    let walk = DeadLetterWalk(
      office: office, filter: try DeadLetterParameters.filter(parameters),
      after: try DeadLetterParameters.place(parameters.cursor(parts: 2)) ?? .start, through: .end)
    return DeadLetterAnswers.count(try await walk.count())
  }

  private func content(_ id: DeadLetterID) async throws -> DeadLetterContent {
    guard let content = try await office.content(id) else { throw Self.missing(id) }
    return content
  }

  /// So that the log tells where letters went.
  private static func note(
    _ action: String, _ count: Int, of sink: String?, _ context: some RequestContext
  ) {
    context.logger.notice(
      "an operator \(action) dead letters",
      metadata: ["count": "\(count)", "sink": "\(sink ?? "any")"])
  }

  private static func missing(_ id: DeadLetterID) -> Problem {
    .notFound("there is no dead letter \(id)")
  }

  private func ordered(by request: Request) async throws -> DeadLetterOrder {
    let type = request.headers[.contentType].flatMap(MediaType.init)
    guard let type, type.isType(.applicationJson) else {
      throw Problem(
        status: .unsupportedMediaType, detail: "Content-Type must be application/json")
    }
    do {
      return try DeadLetterOrder(
        json: try await request.body.collect(upTo: DeadLetterOrder.maximumBytes))
    } catch is NIOTooManyBytesError {
      throw Problem(
        status: .contentTooLarge,
        detail: "the body has more than \(DeadLetterOrder.maximumBytes) bytes")
    }
  }

  private func walk(_ order: DeadLetterOrder) async throws -> DeadLetterWalk {
    let filter = try DeadLetterParameters.filter(sink: order.sink, reason: order.reason)
    let after = try DeadLetterParameters.place(order.cursor, "cursor") ?? .start
    let given = try DeadLetterParameters.place(order.through, "through")
    // What is refused again while it is being replayed is not replayed a second time.
    let end = try await office.end()
    return DeadLetterWalk(office: office, filter: filter, after: after, through: given ?? end)
  }
}
