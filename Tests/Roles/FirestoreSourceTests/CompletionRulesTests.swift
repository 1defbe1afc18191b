import EventBus
import Events
import NIOCore
import Sessions
import Testing

@testable import FirestoreSource

struct CompletionRulesTests {
  private let rules = CompletionRules()

  private func decode(_ session: CompletedSession) -> HandPublishedMessage {
    CatalogHandPublishedDecoder(catalog: .standard, limits: EventLimits(), keepsWork: false)
      .decode(ByteBuffer(bytes: session.event))
  }

  @Test func aCompletedSessionBecomesAValidEvent() throws {
    let session = try #require(rules.session(in: SampleDocuments.document()))
    #expect(session.owner == SessionOwner(userID: "u", sessionID: "s"))
    #expect(session.occurredAt == SampleDocuments.endTime)
    guard case .event(let event) = decode(session) else {
      Issue.record("no valid event")
      return
    }
    let canonical = String(buffer: event.payload)
    for member in [
      #""event_id":"\#(session.eventID)""#, #""occurred_at":"2026-03-01T10:05:00.123456Z""#,
      #""userId":"u""#, #""sessionId":"s""#, #""repCount":12,"#, #""count":2"#,
    ] {
      #expect(canonical.contains(member), "\(member)")
    }
    #expect(!canonical.contains("unknown") && !canonical.contains("averageFps"))
  }

  @Test(arguments: [
    "projects/p/databases/d/documents/sessions/s",
    "projects/p/databases/d/documents/adk-session/a/users/u/sessions/s",
    "projects/p/databases/d/documents/apps/a/users/u/sessions/s",
    "projects/p/databases/d/documents/users/u/sessions/s/sessions/t",
    "projects/p/databases/d/documents/users//sessions/s", "users/u/sessions/s", "",
  ])
  func sessionsOfOtherCollectionsAreLeftAlone(name: String) {
    #expect(rules.session(in: SampleDocuments.document(name)) == nil)
  }

  /// In a text a slash and a combining mark behind it are one character.
  @Test func anIDMayBeginWithACombiningMark() throws {
    let session = try #require(
      rules.session(in: SampleDocuments.document(SampleDocuments.name("\u{301}u", "\u{302}"))))
    #expect(session.owner.userID == "\u{301}u" && session.owner.sessionID == "\u{302}")
  }

  @Test(arguments: [
    SessionValue.integer(5), .string("yesterday"), .map(["a": .null]), .array([]), .boolean(true),
    .double(.nan), .reference("x"), .bytes([1]),
  ])
  func aCompletionOfAnotherTypeIsOneAllTheSame(completion: SessionValue) throws {
    let rules = CompletionRules(completionField: "finished")
    func session(_ change: (inout [String: SessionValue]) -> Void) throws -> CompletedSession {
      try #require(rules.session(in: SampleDocuments.document(SampleDocuments.name(), change)))
    }
    let completed = try session { $0["finished"] = completion }
    let without = try session { _ in }
    #expect(completed.occurredAt.description == "2026-03-01T09:59:59.500000Z")
    #expect(completed.eventID != without.eventID)
    guard case .event = decode(completed) else {
      Issue.record("no valid event")
      return
    }
  }

  @Test(arguments: [
    nil, SessionValue.null, .string("Completed"), .string("active"), .boolean(true),
  ])
  func onlyTheStatusCompletedCounts(status: SessionValue?) {
    #expect(rules.session(in: SampleDocuments.document { $0["status"] = status }) == nil)
  }

  @Test func theEventsIDComesFromNameAndCompletionAlone() throws {
    func id(_ document: SessionDocument) throws -> EventID {
      try #require(rules.session(in: document)).eventID
    }
    let first = try id(SampleDocuments.document())
    // What every process, and every later version, must find.
    #expect(first.description == "49b59264-a99a-8584-98ea-96bdd3ce894f")
    // As the write-back changes it, and as someone corrects it.
    var later = SampleDocuments.document {
      $0["bigquerySyncStatus"] = .string("synced")
      $0["repCount"] = .integer(13)
    }
    later.createTime = ""
    #expect(try id(later) == first)
    var ids: Set<EventID> = [first]
    for other in [
      SampleDocuments.document(SampleDocuments.name("v")),
      SampleDocuments.document(SampleDocuments.name("u", "t")),
      SampleDocuments.document { $0["endTime"] = .string("2026-03-01T10:05:00.123456Z") },
      SampleDocuments.document {
        $0["endTime"] = .timestamp(
          Timestamp(microseconds: SampleDocuments.endTime.microseconds + 1))
      },
      SampleDocuments.document { $0["endTime"] = nil },
    ] {
      #expect(ids.insert(try id(other)).inserted)
    }
    let isNull = SampleDocuments.document { $0["endTime"] = .null }
    #expect(ids.contains(try id(isNull)), "no completion is like none")
  }

  @Test func aSessionThatDoesNotSayWhenHappenedWhenItsDocumentWasMade() throws {
    let document = SampleDocuments.document { $0["endTime"] = nil }
    #expect(
      try #require(rules.session(in: document)).occurredAt.description
        == "2026-03-01T09:59:59.500000Z")
    let another = try #require(
      CompletionRules(completionField: "finished").session(
        in: SampleDocuments.document { $0["finished"] = .string("2026-03-02T00:00:00+02:00") }))
    #expect(another.occurredAt.description == "2026-03-01T22:00:00.000000Z")
  }

  @Test func thePathSaysWhoseSessionItIs() throws {
    let session = try #require(
      rules.session(
        in: SampleDocuments.document {
          $0["userId"] = .string("someone else")
          $0["sessionId"] = .integer(7)
        }))
    let event = String(decoding: session.event, as: UTF8.self)
    #expect(event.contains(#""userId":"u""#) && event.contains(#""sessionId":"s""#))
  }

  @Test func whatDoesNotFitIsRefusedByItsPlace() throws {
    let session = try #require(
      rules.session(
        in: SampleDocuments.document {
          $0["repCount"] = .double(1.5)
          $0["cameraSettings"] = .string("private words")
          $0["exerciseType"] = nil
        }))
    guard case .invalid(let reason) = decode(session) else {
      Issue.record("it is valid")
      return
    }
    for place in ["/session/repCount", "/session/cameraSettings", "/session/exerciseType"] {
      #expect(reason.contains(place), "\(reason)")
    }
    #expect(!reason.contains("private"))
  }
}
