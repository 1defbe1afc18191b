import CurlTransport
import EventBus
import Events
import Foundation
import HTTPServer
import HTTPServerTesting
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOPosix
import Observability
import ProgressBusTesting
import Sessions

@testable import FirestoreSource

/// CloudEvents made by Google's and the CNCF's libraries.
enum SampleCloudEvents {
  struct Change {
    let type: String
    let before: SessionDocument?
    let after: SessionDocument?

    init(_ type: String, before: SessionDocument?, after: SessionDocument?) {
      self.type = type
      self.before = before
      self.after = after
    }
  }

  /// Each change in all four encodings.
  static func requests(_ changes: [Change]) async throws -> [MadeRequest] {
    let lines = changes.map { change in
      let document = change.after ?? change.before
      func fields(_ document: SessionDocument?) -> SessionValue {
        document.map { .map($0.fields.mapValues(typed)) } ?? .null
      }
      let line = SessionValue.map([
        "type": .string(change.type), "document": .string(document?.name ?? ""),
        "create_time": .string(document?.createTime ?? ""), "before": fields(change.before),
        "after": fields(change.after),
      ])
      return String(decoding: line.json, as: UTF8.self)
    }
    let output = try await Python.run(
      Python.firestoreClients(), "cloud_events.py", [], input: lines.joined(separator: "\n"))
    return try output.split(separator: "\n").map {
      try JSONDecoder().decode(MadeRequest.self, from: Data($0.utf8))
    }
  }

  /// Firestore's typed JSON, by its description
  /// (https://cloud.google.com/firestore/docs/reference/rest/Shared.Types/ArrayValue#Value).
  private static func typed(_ value: SessionValue) -> SessionValue {
    switch value {
    case .null: .map(["nullValue": .null])
    case .boolean: .map(["booleanValue": value])
    case .integer(let integer): .map(["integerValue": .string(String(integer))])
    case .double(let double) where double.isFinite: .map(["doubleValue": value])
    case .double(let double):
      .map([
        "doubleValue": .string(double.isNaN ? "NaN" : double < 0 ? "-Infinity" : "Infinity")
      ])
    case .string: .map(["stringValue": value])
    case .array(let elements):
      .map(["arrayValue": .map(["values": .array(elements.map(typed))])])
    case .map(let members): .map(["mapValue": .map(["fields": .map(members.mapValues(typed))])])
    case .timestamp(let moment): .map(["timestampValue": .string(moment.description)])
    case .bytes(let bytes): .map(["bytesValue": .string(Data(bytes).base64EncodedString())])
    case .reference(let name): .map(["referenceValue": .string(name)])
    case .geoPoint(let latitude, let longitude):
      .map([
        "geoPointValue": .map(["latitude": .double(latitude), "longitude": .double(longitude)])
      ])
    }
  }
}

/// A request as the libraries make it.
struct MadeRequest: Decodable {
  let name: String
  let headers: [String: String]
  /// Base64.
  let body: String

  var bytes: Data { Data(base64Encoded: body) ?? Data() }

  var fields: HTTPFields {
    var fields: HTTPFields = [:]
    for (name, value) in headers { fields[HTTPField.Name(name)!] = value }
    return fields
  }
}

/// The route on a server, and the bus behind it.
struct CloudEventRouteClient: Sendable {
  struct Answer {
    let status: Int
    let text: String
    let retryAfter: String?
  }

  let port: Int
  let bus: MemoryEventBus
  let transport: CurlTransport

  func send(_ request: MadeRequest) async throws -> Answer {
    let response = try await transport.send(
      TransportRequest(
        .post, "http://127.0.0.1:\(port)/events/firestore", headers: request.fields,
        body: Array(request.bytes)))
    return Answer(
      status: response.status, text: String(decoding: response.body, as: UTF8.self),
      retryAfter: response.headers[.retryAfter])
  }

  func published() async throws -> [String] {
    try await bus.entries(after: .zero, limit: 1000).map { String(buffer: $0.payload) }
  }
}

func withCloudEventRoute(
  _ body: @escaping @Sendable (CloudEventRouteClient) async throws -> Void
) async throws {
  let bus = MemoryEventBus(eventLoop: MultiThreadedEventLoopGroup.singleton.next())
  let router = Router()
  router.add(middleware: ProblemMiddleware())
  CloudEventRoute(
    rules: CompletionRules(), database: SampleDocuments.database,
    publisher: CompletedSessionPublisher(
      publisher: bus,
      decoder: CatalogHandPublishedDecoder(
        catalog: .standard, limits: EventLimits(), keepsWork: false)),
    bodyLimit: 65_536, metrics: MetricsRegistry(),
    logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
  ).add(to: router)
  try await withRouter(router) { client in
    let transport = CurlTransport()
    do {
      try await body(CloudEventRouteClient(port: client.port, bus: bus, transport: transport))
      await transport.shutdown()
    } catch {
      await transport.shutdown()
      throw error
    }
  }
}
