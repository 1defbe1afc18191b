import Access
import EventBus
import Events
import Foundation
import HTTPServer
import HTTPServerTesting
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Observability
import ProgressBusTesting

@testable import Ingest

/// The ingest endpoint on a live server, in front of Hummingbird, with a bus in memory.
struct IngestServer: Sendable {
  let port: Int
  let bus: MemoryEventBus
  let metrics: MetricsRegistry

  /// What bodies that have not come whole hold.
  var arrivingBytes: Double { value("progressbus_ingest_arriving_bytes") }
  var refusedBodies: Double { value("progressbus_ingest_bodies_refused_total") }

  /// Requests refused by a limit.
  func refusals(_ limit: String) -> Double {
    value(#"progressbus_limited_total{limit="\#(limit)"}"#)
  }

  private func value(_ name: String) -> Double {
    let line = metrics.prometheusText().split(separator: "\n").first { $0.hasPrefix(name + " ") }
    return line.flatMap { Double($0.dropFirst(name.utf8.count + 1)) } ?? 0
  }

  /// The payloads in the journal.
  func journal() async throws -> [String] {
    try await bus.journal.entries(after: .zero, limit: .max).map { String(buffer: $0.payload) }
  }
}

func withIngest<Result: Sendable>(
  _ configuration: IngestConfiguration = IngestConfiguration(),
  server: HTTPServerChannelConfiguration = HTTPServerChannelConfiguration(),
  journalCapacity: Int = 1_000_000, access keys: KeyStore? = nil,
  limits: @Sendable (MetricsRegistry) -> SendingLimits? = { _ in nil },
  _ body: @escaping @Sendable (IngestServer) async throws -> Result
) async throws -> Result {
  let eventLoops = MultiThreadedEventLoopGroup.singleton
  let bus = MemoryEventBus(journalCapacity: journalCapacity, eventLoop: eventLoops.next())
  let metrics = MetricsRegistry()
  let ingest = Ingest(
    configuration: configuration, catalog: .standard, publisher: bus.publisher,
    access: try await makeCheck(keys), limits: limits(metrics), metrics: metrics,
    eventLoops: eventLoops.makeIterator())
  let earlyHandlers: HTTPServerChannel.EarlyHandlers = { ingest.makeHandlers(for: $0) }
  return try await withServer(configuration: server, earlyHandlers: earlyHandlers) { port, _ in
    try await body(IngestServer(port: port, bus: bus, metrics: metrics))
  }
}

/// A check of which nothing is revoked.
private func makeCheck(_ keys: KeyStore?) async throws -> AccessCheck {
  guard let keys else { return .open }
  struct NothingRevoked: RevocationStore {
    func revision() async throws -> String? { nil }
    func revokedTokens() async throws -> [RevokedToken] { [] }
    func revoke(_ tokens: [RevokedToken]) async throws {}
  }
  let revocations = RevocationList(
    logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  try await revocations.load(NothingRevoked(), now: 0)
  return AccessCheck(rules: TokenRules(), keys: keys, revocations: revocations)
}

extension RawClient {
  /// Sends a whole request and waits for its answer.
  func post(
    _ body: [UInt8], to path: String = "/student-progress", _ headers: [String] = []
  ) async throws -> Response {
    try await send(request(body, to: path, headers))
    return try await response()
  }

  func post(
    _ body: String, to path: String = "/student-progress", _ headers: [String] = []
  ) async throws -> Response {
    try await post(Array(body.utf8), to: path, headers)
  }

  nonisolated func request(
    _ body: [UInt8], to path: String = "/student-progress", _ headers: [String] = []
  ) -> [UInt8] {
    head(["Content-Length: \(body.count)"] + headers, to: path) + body
  }

  nonisolated func head(
    _ headers: [String], to path: String = "/student-progress", method: String = "POST"
  ) -> [UInt8] {
    let lines = ["\(method) \(path) HTTP/1.1", "Host: test"] + headers
    return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
  }
}

/// Stands for the connection where there is none: writes a whole response part by part.
final class WholeResponseUnfolder: ChannelOutboundHandler {
  typealias OutboundIn = HTTPServerResponsePart
  typealias OutboundOut = HTTPServerResponsePart

  func triggerUserOutboundEvent(
    context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?
  ) {
    guard let response = event as? HTTPWholeResponse else {
      return context.triggerUserOutboundEvent(event, promise: promise)
    }
    for part in response.parts { context.write(wrapOutboundOut(part), promise: nil) }
    context.flush()
    promise?.succeed()
  }
}
