public import Access
public import CoreMetrics
public import EventBus
public import Events
import HTTPServer
public import NIOCore
import Zlib

/// The ingest endpoint: makes the channel handlers that answer `POST /student-progress` and
/// `POST /api/v1/events` on the connection's own event loop.
///
/// It works below the HTTP framework, because a request that costs a few microseconds of work must
/// not cost a task and two thread hops on top. Every other request passes through untouched.
public struct Ingest: Sendable {
  /// The paths that it answers.
  public static let paths = ["/student-progress", "/api/v1/events"]

  private let configuration: IngestConfiguration
  private let limits: SendingLimits?
  private let workspaces: [ObjectIdentifier: NIOLoopBoundBox<IngestWorkspace>]

  /// - Parameters:
  ///   - access: who may send.
  ///   - limits: how fast; nil where nobody is limited.
  ///   - eventLoops: all loops that connections can live on.
  public init(
    configuration: IngestConfiguration, catalog: EventCatalog, publisher: any EventPublisher,
    access: AccessCheck = .open, limits: SendingLimits? = nil, metrics factory: any MetricsFactory,
    eventLoops: some Sequence<any EventLoop>
  ) {
    self.configuration = configuration
    self.limits = limits
    let metrics = IngestMetrics(factory: factory)
    // One body is let in whatever the limit; its storage grows by doubling.
    let memory = BodyMemory(
      limit: max(configuration.arrivingBytes, 2 * configuration.bodyBytes + Inflater.memory),
      metrics: factory)
    var workspaces: [ObjectIdentifier: NIOLoopBoundBox<IngestWorkspace>] = [:]
    for eventLoop in eventLoops {
      workspaces[ObjectIdentifier(eventLoop)] = .makeBoxSendingValue(
        IngestWorkspace(
          configuration: configuration, catalog: catalog, publisher: publisher, access: access,
          metrics: metrics, memory: memory, eventLoop: eventLoop),
        eventLoop: eventLoop)
    }
    self.workspaces = workspaces
  }

  /// Whether a request for `uri` is for the ingest endpoint, whatever its query.
  static func answers(_ uri: String) -> Bool {
    let path = uri.utf8.prefix { $0 != UInt8(ascii: "?") }
    return paths.contains { $0.utf8.elementsEqual(path) }
  }

  /// The handlers for a new connection, to be placed behind what keeps a connection in order:
  /// it gives them one request at a time.
  /// Call it on the channel's event loop.
  public func makeHandlers(for channel: any Channel) -> [any RemovableChannelHandler] {
    guard let workspace = workspaces[ObjectIdentifier(channel.eventLoop)] else {
      preconditionFailure("the channel's event loop was not given to the ingest endpoint")
    }
    let allowance = limits.map { SenderAllowance($0, peer: ClientAddress(channel.remoteAddress)) }
    return [IngestHandler(workspace: workspace.value, allowance: allowance)]
  }
}

/// What the requests of one event loop share: the decoder's memory and the way to the bus. Stays on
/// its loop.
final class IngestWorkspace {
  let bodyBytes: Int
  let policy: CrossOriginPolicy
  let metrics: IngestMetrics
  let memory: BodyMemory
  /// The paths of other people's clients.
  let clients: ClientRoutes
  private let publisher: any EventPublisher
  private var access: EventLoopAccessCheck
  private let eventLoop: any EventLoop
  private var decoder: BatchDecoder
  private let salt: String
  private let workLimit: Int
  private var tape = JSONTape()

  init(
    configuration: IngestConfiguration, catalog: EventCatalog, publisher: any EventPublisher,
    access: AccessCheck, metrics: IngestMetrics, memory: BodyMemory, eventLoop: any EventLoop
  ) {
    self.bodyBytes = configuration.bodyBytes
    self.policy = CrossOriginPolicy(allowedOrigins: configuration.allowedOrigins)
    self.metrics = metrics
    self.memory = memory
    self.clients = ClientRoutes(configuration.clients)
    self.salt = configuration.clients.salt
    self.workLimit = configuration.keepsWork ? configuration.eventLimits.eventBytes : 0
    self.publisher = publisher
    self.access = EventLoopAccessCheck(access)
    self.eventLoop = eventLoop
    self.decoder = BatchDecoder(configuration: configuration, catalog: catalog)
  }

  /// Who sends, by the header alone.
  ///
  /// - Parameters:
  ///   - authorization: the header field of that name.
  ///   - known: what its connection has sent before.
  func sender(
    _ authorization: String?, known: inout KnownAuthorization?
  ) -> EventLoopAccessCheck.Finding {
    access.find(authorization: authorization, known: &known, needs: .sending)
  }

  /// Who sent a token whose key is unknown, once that was asked for.
  func senderOnceKeyIsKnown(_ token: String) -> EventLoopFuture<Result<Caller, Problem>> {
    let ask = access.callerOnceKeyIsKnown(token, needs: .sending)
    return eventLoop.makeFutureWithTask { await ask() }
  }

  func decode(_ request: IncomingRequest, from sender: Caller) throws(Problem) -> DecodedBatch {
    let batch = try decoder.decode(
      request.body, format: request.format, receivedAt: .now(), sentAt: request.sentAt,
      rights: SendingRights(sender))
    metrics.decoded(batch)
    return batch
  }

  /// The same of what another program has sent in a form of its own.
  func decode(
    _ request: IncomingRequest, to route: ClientRoute, from sender: Caller
  ) throws(Problem) -> DecodedBatch {
    guard request.format == .json else { throw .unsupportedMediaType(not: "application/json") }
    var translation = Translation()
    let fault: JSONSyntaxError? = request.body.withUnsafeReadableBytes { raw in
      raw.withMemoryRebound(to: UInt8.self) { bytes in
        do throws(JSONSyntaxError) { try tape.scan(bytes) } catch { return error }
        route.adapter.translate(SentValue(raw, tape), to: route, into: &translation)
        return nil
      }
    }
    if let fault { throw .noJSON(fault) }
    let client = route.adapter.client
    let batch = translation.result(
      try decoder.decode(
        translation.body(of: client, salt: salt, workWithin: workLimit), format: .json,
        receivedAt: .now(), sentAt: request.sentAt, rights: SendingRights(sender)))
    metrics.decoded(batch)
    if let exchange = route.adapter.exchange, !batch.rejected.isEmpty {
      metrics.translated(invalid: batch.rejected.count, of: client)
      throw exchange.refusal(of: batch.rejected)
    }
    metrics.translated(batch, ignored: translation.ignored, of: client)
    return batch
  }

  func publish(_ events: [PublishedEvent]) -> EventLoopFuture<Void> {
    publisher.publish(events, on: eventLoop)
  }
}

/// What the ingest endpoint takes at most, and from whom.
public struct IngestConfiguration: Sendable {
  /// Bytes of a request's body, unpacked.
  public var bodyBytes: Int
  /// Bytes that the bodies of all requests under way may hold, unpacked, in the process; at least two
  /// bodies are let in. Beyond it a request is answered 503.
  public var arrivingBytes: Int
  /// Events in one request.
  public var eventsPerRequest: Int
  public var eventLimits: EventLimits
  /// Whether code and results of cells are kept. Off by default: learners' work is private.
  public var keepsWork: Bool
  /// The origins whose pages may send events, beside the server's own; `*` stands for all. Requests carry
  /// no cookies, so a page gains nothing by it but the right to send.
  public var allowedOrigins: [String]
  /// Whose requests are answered beside those in our own form; by default nobody's.
  public var clients: OtherClientsConfiguration

  public init(
    bodyBytes: Int = 1024 * 1024, arrivingBytes: Int = 128 * 1024 * 1024,
    eventsPerRequest: Int = 1000,
    eventLimits: EventLimits = EventLimits(),
    keepsWork: Bool = false, allowedOrigins: [String] = ["*"],
    clients: OtherClientsConfiguration = OtherClientsConfiguration()
  ) {
    self.bodyBytes = bodyBytes
    self.arrivingBytes = arrivingBytes
    self.eventsPerRequest = eventsPerRequest
    self.eventLimits = eventLimits
    self.keepsWork = keepsWork
    self.allowedOrigins = allowedOrigins
    self.clients = clients
  }
}
