import EventBus
import Events
import Foundation
import NIOCore
import ProgressBusTesting
import Sessions
import Testing

@testable import FirestoreSource

/// `POST /events/firestore`, asked as Eventarc asks.
struct CloudEventRouteTests {
  private static let written = "google.cloud.firestore.document.v1.written"
  private static let updated = "google.cloud.firestore.document.v1.updated"
  private static let active = SampleDocuments.document { $0["status"] = .string("active") }

  @Test func eachEncodingOfACompletionGivesTheEventThatPollingGives() async throws {
    let document = SampleDocuments.document()
    let polled = try #require(CompletionRules().session(in: document))
    let requests = try await SampleCloudEvents.requests([
      .init(Self.updated, before: Self.active, after: document),
      .init(Self.written, before: nil, after: document),
      .init(Self.written + ".withAuthContext", before: Self.active, after: document),
    ])
    #expect(
      Set(requests.map(\.name)) == [
        "binary JSON", "binary protobuf", "structured JSON", "structured protobuf",
      ])
    let decoder = CatalogHandPublishedDecoder(
      catalog: .standard, limits: EventLimits(), keepsWork: false)
    guard case .event(let event) = decoder.decode(ByteBuffer(bytes: polled.event)) else {
      Issue.record("no valid event")
      return
    }
    try await withCloudEventRoute { route in
      for request in requests {
        let answer = try await route.send(request)
        #expect(answer.status == 202, "\(request.name): \(answer.text)")
        #expect(answer.text.contains(polled.eventID.description))
      }
      let published = try await route.published()
      #expect(published.count == 12)
      #expect(
        Set(published.map(Self.withoutReceipt))
          == [Self.withoutReceipt(String(buffer: event.payload))])
    }
  }

  private static func withoutReceipt(_ event: String) -> String {
    event.replacing(/"received_at":"[^"]*"/, with: "")
  }

  @Test func everyKindOfValueIsReadTheSameInEachEncoding() async throws {
    let document = SampleDocuments.document {
      $0["values"] = .map([
        "integers": .array([.integer(.max), .integer(.min), .integer(0), .integer(-1)]),
        "doubles": .array([.double(.infinity), .double(-.infinity), .double(.nan), .double(1e-300)]
        ),
        "empty": .map([:]), "none": .array([]), "no": .boolean(false), "nothing": .null,
        "bytes": .bytes(Array(0...255)), "text": .string("é ユーザー \u{0} \"\\"),
        "place": .geoPoint(latitude: -90, longitude: 0), "name\u{7f}.`x": .reference("a/b"),
        "moments": .array([
          .timestamp(Timestamp(microseconds: -1)),
          .timestamp(Timestamp(rfc3339: "0001-01-01T00:00:00Z".utf8)!),
          .timestamp(Timestamp(rfc3339: "9999-12-31T23:59:59.999999Z".utf8)!),
        ]),
      ])
    }
    for request in try await SampleCloudEvents.requests([
      .init(Self.updated, before: nil, after: document)
    ]) {
      let change = try DocumentChange(
        CloudEvent(headers: request.fields, body: Array(request.bytes)))
      let after = try #require(change?.after)
      #expect(after.fields == document.fields, "\(request.name)")
      #expect(
        Timestamp(rfc3339: after.createTime.utf8) == Timestamp(rfc3339: document.createTime.utf8))
    }
  }

  @Test func whatIsNotNewlyCompletedIsAnsweredAndLeftAlone() async throws {
    let document = SampleDocuments.document()
    let requests = try await SampleCloudEvents.requests([
      // The write-back's own trigger.
      .init(
        Self.updated, before: document,
        after: SampleDocuments.document { $0["bigquerySyncStatus"] = .string("synced") }),
      .init(Self.written, before: nil, after: Self.active),
      .init(Self.written, before: document, after: Self.active),
      .init(Self.written, before: document, after: nil),
      .init("google.cloud.firestore.document.v1.deleted", before: document, after: nil),
      .init("google.cloud.storage.object.v1.finalized", before: nil, after: document),
      // Completed, but no session of this database's users.
      .init(
        Self.written, before: nil,
        after: SampleDocuments.document(
          "\(SampleDocuments.database)/documents/apps/a/users/u/sessions/s")),
      .init(
        Self.written, before: nil,
        after: SampleDocuments.document("projects/q/databases/d/documents/users/u/sessions/s")),
    ])
    try await withCloudEventRoute { route in
      for request in requests {
        let answer = try await route.send(request)
        #expect(answer.status == 204, "\(request.name): \(answer.text)")
      }
      #expect(try await route.published().isEmpty)
    }
  }

  @Test func aSessionThatIsNoValidEventIsTakenAndSaidToBeRefused() async throws {
    let requests = try await SampleCloudEvents.requests([
      .init(
        Self.updated, before: nil,
        after: SampleDocuments.document { $0["startTime"] = .string("private words") })
    ])
    try await withCloudEventRoute { route in
      let answer = try await route.send(requests[0])
      #expect(answer.status == 200)
      #expect(answer.text.contains("/session/startTime") && !answer.text.contains("private"))
      #expect(try await route.published().isEmpty)
    }
  }

  @Test func aBusThatIsAwayMakesEventarcComeAgain() async throws {
    let requests = try await SampleCloudEvents.requests([
      .init(Self.updated, before: nil, after: SampleDocuments.document())
    ])
    try await withCloudEventRoute { route in
      route.bus.setAvailable(false)
      let answer = try await route.send(requests[0])
      #expect(answer.status == 503 && answer.retryAfter != nil)
      route.bus.setAvailable(true)
      #expect(try await route.send(requests[0]).status == 202)
      #expect(try await route.published().count == 1)
    }
  }

  @Test(arguments: [
    (#"{"value":1}"#, "/value: no object"),
    (#"{"oldValue":{}, "value":{"name":""}}"#, "/value/name"),
    (#"{"oldValue":{"fields":{}}}"#, "/oldValue/name"),
    (#"{"value":{"name":"n","fields":[1]}}"#, "/value/fields: no object"),
    (#"{"value":{"name":"n","fields":{"status":"completed"}}}"#, "/value/fields/status: "),
    (
      #"{"value":{"name":"n","fields":{"endTime":{"timestampValue":"private words"}}}}"#,
      "/value/fields/endTime: a value of the kind timestampValue"
    ),
    (
      #"{"value":{"name":"n","fields":{"a":{"mapValue":{"fields":{"b":{"arrayValue":{"values":[{"x":1}]}}}}}}}}"#,
      "/value/fields/a/b/0: "
    ),
  ])
  func whatIsWrongInADocumentIsNamed(body: String, place: String) async throws {
    try await withCloudEventRoute { route in
      let answer = try await route.send(
        MadeRequest(
          name: "",
          headers: [
            "ce-id": "1", "ce-source": "s", "ce-type": Self.written, "ce-specversion": "1.0",
            "content-type": "application/json",
          ], body: Data(body.utf8).base64EncodedString()))
      #expect(answer.status == 400)
      #expect(answer.text.contains(place), "\(answer.text)")
      #expect(!answer.text.contains("private"))
    }
  }

  @Test func whatIsMissingInTheEnvelopeIsNamed() async throws {
    try await withCloudEventRoute { route in
      func detail(_ headers: [String: String], _ body: String) async throws -> String {
        try await route.send(
          MadeRequest(name: "", headers: headers, body: Data(body.utf8).base64EncodedString())
        ).text
      }
      let structured = ["content-type": "application/cloudevents+json"]
      #expect(try await detail([:], "{}").contains("header ce-id"))
      #expect(
        try await detail(["ce-id": "1", "ce-source": "s"], "{}").contains("header ce-type"))
      #expect(
        try await detail(structured, #"{"id":"1","source":7}"#).contains("member source"))
      #expect(
        try await detail(
          structured,
          #"{"id":"1","source":"s","type":"t","specversion":"1.0","data_base64":"*"}"#
        ).contains("member data_base64"))
      // A kind of JSON is JSON.
      let answer = try await route.send(
        MadeRequest(
          name: "",
          headers: [
            "ce-id": "1", "ce-source": "s", "ce-type": Self.written, "ce-specversion": "1.0",
            "content-type": "application/vnd.google+json; charset=utf-8",
          ], body: Data("{}".utf8).base64EncodedString()))
      #expect(answer.status == 204)
    }
  }

  @Test func whatIsNoCloudEventIsRefused() async throws {
    let binary = [
      "ce-id": "1", "ce-source": "s", "ce-type": Self.written, "ce-specversion": "1.0",
      "content-type": "application/json",
    ]
    func without(_ name: String) -> [String: String] { binary.filter { $0.key != name } }
    func with(_ name: String, _ value: String) -> [String: String] {
      binary.merging([name: value]) { $1 }
    }
    let structured = ["content-type": "application/cloudevents+json; charset=utf-8"]
    let envelope = #""specversion":"1.0","id":"1","source":"s","type":"\#(Self.written)""#
    let cases: [(Int, [String: String], String)] = [
      (400, without("ce-id"), "{}"), (400, without("ce-source"), "{}"),
      (400, without("ce-type"), "{}"), (400, without("ce-specversion"), "{}"),
      (415, with("ce-specversion", "0.3"), "{}"), (415, with("content-type", "text/plain"), "{}"),
      (415, with("content-type", "application/cloudevents-batch+json"), "[]"),
      (400, binary, ""), (400, binary, "{"), (400, binary, "[]"),
      (400, binary, #"{"value":{"fields":{}}}"#),
      (400, binary, #"{"value":{"name":"x","fields":{"a":{"thingValue":1}}}}"#),
      (400, binary, #"{"value":{"name":"x","fields":{"a":1}}}"#),
      (400, with("content-type", "application/protobuf"), "{}"),
      (400, structured, "{"), (400, structured, "[]"), (400, structured, "{}"),
      (400, structured, "{\(envelope)}"), (400, structured, #"{\#(envelope),"data_base64":"*"}"#),
      (400, structured, #"{\#(envelope),"data":{},"data_base64":""}"#),
      (415, structured, #"{\#(envelope),"datacontenttype":"application/protobuf","data":{}}"#),
      (415, structured, #"{\#(envelope),"datacontenttype":"text/xml","data_base64":"eA=="}"#),
      (413, binary, #"{"value":"\#(String(repeating: "x", count: 70_000))"}"#),
      (204, with("ce-type", "another"), "{}"),
    ]
    try await withCloudEventRoute { route in
      for (status, headers, body) in cases {
        let answer = try await route.send(
          MadeRequest(name: "", headers: headers, body: Data(body.utf8).base64EncodedString()))
        #expect(answer.status == status, "\(headers) \(body.prefix(99)): \(answer.text)")
      }
    }
  }
}
