public import CoreMetrics
import EventBus
import Events
import HTTPServer
import HTTPTypes
public import Hummingbird
import JSONText
public import Logging
import Metrics
import NIOCore
import Observability

/// `POST /events/firestore`: takes what an Eventarc trigger tells of Firestore's documents, and publishes
/// an event for each session that has become completed.
///
/// What cannot become an event is answered with success and counted: Eventarc would send it again for a
/// day, and it would not get better.
public struct CloudEventRoute: Sendable {
  private let rules: CompletionRules
  private let database: String?
  private let publisher: CompletedSessionPublisher
  private let bodyLimit: Int
  private let metrics: CloudEventMetrics
  private let logger: Logger

  /// - Parameters:
  ///   - database: the only one whose documents count, `projects/p/databases/d`; nil for any.
  ///   - bodyLimit: in bytes.
  public init(
    rules: CompletionRules, database: String?, publisher: CompletedSessionPublisher,
    bodyLimit: Int, metrics: any MetricsFactory, logger: Logger
  ) {
    self.rules = rules
    self.database = database
    self.publisher = publisher
    self.bodyLimit = bodyLimit
    self.metrics = CloudEventMetrics(metrics)
    self.logger = logger
  }

  public func add<Context: RequestContext>(to router: some RouterMethods<Context>) {
    router.post("events/firestore") { request, _ in try await answer(request) }
  }

  private func answer(_ request: Request) async throws -> Response {
    let body = try await request.wholeBody(upTo: bodyLimit)
    guard let session = try session(request.headers, Array(buffer: body)) else {
      return Response(status: .noContent)
    }
    metrics.received.increment()
    let outcomes: [CompletedSessionPublisher.Outcome]
    do { outcomes = try await publisher.publish([session]) } catch {
      let fault = (error as? BusError)?.fault ?? .unreachable
      metrics.refused(because: fault).increment()
      throw Problem(
        status: .serviceUnavailable, detail: fault.sentence, retryAfter: fault.retryAfter)
    }
    switch outcomes.first {
    case .refused(let reason):
      metrics.invalid.increment()
      logger.warning(
        "a completed session is no valid event", metadata: ["reason": "\(reason)"])
      return Self.response(.ok) { $0.member("refused", reason) }
    default:
      metrics.accepted.increment()
      metrics.published.increment()
      return Self.response(.accepted) { $0.member("event_id", session.eventID.description) }
    }
  }

  /// Nil when the request tells of nothing that has become completed.
  private func session(
    _ headers: HTTPFields, _ body: [UInt8]
  ) throws -> CompletedSession? {
    let document: SessionDocument?
    do throws(CloudEventError) {
      document = try DocumentChange(CloudEvent(headers: headers, body: body))?.newlyCompleted
    } catch {
      switch error {
      case .malformed(let detail): throw Problem.badRequest(detail)
      case .unsupported(let detail):
        throw Problem(status: .unsupportedMediaType, detail: detail)
      }
    }
    guard let document else { return nil }
    if let database, !document.name.hasPrefix(database + "/documents/") {
      logger.warning("a CloudEvent of another Firestore database was left alone")
      return nil
    }
    return rules.session(in: document)
  }

  private static func response(
    _ status: HTTPResponse.Status, _ members: (inout JSONWriter) -> Void
  ) -> Response {
    var json = JSONWriter(capacity: 128)
    json.object { members(&$0) }
    return Response(
      status: status, headers: [.contentType: "application/json", .cacheControl: "no-store"],
      body: .init(byteBuffer: ByteBuffer(bytes: json.bytes)))
  }
}

/// The figures of the ingest endpoint, which this is a part of.
private struct CloudEventMetrics: Sendable {
  let received: Counter
  let accepted: Counter
  let published: Counter
  let invalid: Counter
  private let refusedByBus: Counter
  private let refusedByFullBus: Counter

  init(_ factory: any MetricsFactory) {
    func rejected(_ reason: String) -> Counter {
      ProgressBusMetric.eventsRejected.counter([("reason", reason)], in: factory)
    }
    received = ProgressBusMetric.eventsReceived.counter(in: factory)
    accepted = ProgressBusMetric.eventsAccepted.counter(in: factory)
    published = ProgressBusMetric.eventsPublished.counter(in: factory)
    invalid = rejected("invalid")
    refusedByBus = rejected("bus_unavailable")
    refusedByFullBus = rejected("bus_full")
  }

  func refused(because fault: BusFault) -> Counter {
    switch fault {
    case .journalFull, .outOfMemory: refusedByFullBus
    default: refusedByBus
    }
  }
}
