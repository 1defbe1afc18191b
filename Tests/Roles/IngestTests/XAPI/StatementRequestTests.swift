import Foundation
import HTTPServerTesting
import ProgressBusTesting
import Testing

@testable import Access
@testable import Ingest

/// Statements of the Experience API as clients send them, and what becomes of them.
@Suite(.timeLimit(.minutes(2))) struct StatementRequestTests {
  static let id = "12345678-1234-4678-9234-567812345678"
  static let version = "X-Experience-API-Version: 1.0.3"
  private static let adl = "http://adlnet.gov/expapi/verbs/"

  static func statement(
    _ verb: String = "answered", id: String? = id,
    actor: String = #"{"account":{"homePage":"https://school.example","name":"s-1"},"name":"Ada"}"#,
    object: String = #"{"id":"https://school.example/ex1","definition":{"name":{"en":"Loops"}}}"#,
    more: String = #","result":{"success":true,"score":{"raw":3,"min":0,"max":4}}"#,
    context: String =
      #"{"contextActivities":{"parent":[{"id":"https://school.example/week1.ipynb"}],"grouping":{"id":"py101"}}}"#,
    timestamp: String? = "2026-11-27T08:28:47.114Z"
  ) -> String {
    let verb = verb.hasPrefix("http") ? verb : adl + verb
    let context = context.replacing(#""id":"py101""#, with: #""id":"urn:py101""#)
    return "{" + (id.map { #""id":"\#($0)","# } ?? "")
      + (timestamp.map { #""timestamp":"\#($0)","# } ?? "")
      + #""actor":\#(actor),"verb":{"id":"\#(verb)"},"object":\#(object),"context":\#(context)"#
      + more + "}"
  }

  static func send(
    _ body: String, _ method: String = "POST", to path: String = "/xapi/statements",
    _ fields: [String] = [version, "Content-Type: application/json"], access keys: KeyStore? = nil,
    keepsWork: Bool = false
  ) async throws -> (answer: RawClient.Response, journal: [[String: Any]]) {
    var configuration = IngestConfiguration()
    configuration.clients.answered = [.xapi]
    configuration.keepsWork = keepsWork
    let sent = try await withIngest(configuration, access: keys) { server in
      let client = try await RawClient(port: server.port)
      defer { client.close() }
      try await client.send(
        client.head(
          ["Content-Length: \(body.utf8.count)"] + fields, to: path, method: method)
          + Array(body.utf8))
      return (
        try await client.response(hasBody: method != "HEAD"), try await server.journal()
      )
    }
    let journal = try sent.1.map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    return (sent.0, journal)
  }

  private static func line(_ event: [String: Any]?) -> String {
    (event ?? [:]).filter { !["received_at", "corrected_at"].contains($0.key) }
      .map { "\($0.key)=\($0.value)" }.sorted().joined(separator: " ")
  }

  @Test func anAnswerIsACheckedExerciseUnderTheStatementsOwnId() async throws {
    let (answer, journal) = try await Self.send(Self.statement())
    #expect(answer.status == 200)
    #expect(answer.body == #"["\#(Self.id)"]"#)
    #expect(answer.headers["x-experience-api-version"] == "1.0.3")
    #expect(
      Self.line(journal.first)
        == "course_id=urn:py101 event_id=\(Self.id) event_type=exercise_checked "
        + "exercise_id=https://school.example/ex1 label=Loops "
        + "notebook_path=https://school.example/week1.ipynb "
        + "occurred_at=2026-11-27T08:28:47.114000Z passed=1 points=3 points_possible=4 "
        + "student_id=s-1")
  }

  @Test(arguments: [
    ("launched", "", "notebook_opened"), ("initialized", "", "notebook_opened"),
    ("terminated", "", "notebook_closed"), ("exited", "", "notebook_closed"),
    ("asked", "", "help"), ("passed", "", "exercise_checked passed=1"),
    ("failed", "", "exercise_checked passed=0"),
    ("completed", #","result":{"completion":true}"#, ""),
    ("attempted", #","result":{"success":false}"#, "exercise_checked passed=0"),
    ("scored", #","result":{"score":{"scaled":1}}"#, "exercise_checked passed=1"),
    ("scored", #","result":{"score":{"raw":3,"max":4}}"#, "exercise_checked passed=0"),
    (
      "experienced", #","result":{"success":false,"duration":"PT1.5S"}"#,
      "cell_executed duration_ms=1500.0 has_error=1"
    ),
    ("interacted", #","result":{"success":true,"duration":"P1M"}"#, "cell_executed has_error=0"),
    ("experienced", "", ""), ("https://other.example/verbs/waved", "", ""),
  ])
  func aVerbIsAnEventOrIsLeftAlone(verb: String, result: String, expected: String) async throws {
    let (answer, journal) = try await Self.send(Self.statement(verb, more: result))
    #expect(answer.status == 200)
    #expect(answer.body == #"["\#(Self.id)"]"#)
    let shown = ["event_type", "duration_ms", "has_error", "passed"]
    let found = shown.compactMap { name in
      journal.first?[name].map { name == "event_type" ? "\($0)" : "\(name)=\($0)" }
    }
    #expect(found.joined(separator: " ") == expected)
  }

  @Test(arguments: [
    (#"{"mbox":"mailto:ada@school.example"}"#, "ada@school.example"),
    (
      #"{"mbox_sha1sum":"A94A8FE5CCB19BA61C4C0873D391E987982FBBD3"}"#,
      "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3"
    ),
    (#"{"objectType":"Agent","openid":"https://id.example/ada"}"#, "https://id.example/ada"),
    (#"{"objectType":"Group","mbox":"mailto:team@school.example"}"#, nil),
  ])
  func anActorIsTheLearner(actor: String, learner: String?) async throws {
    let (answer, journal) = try await Self.send(Self.statement(actor: actor))
    #expect(answer.status == 200)
    #expect(journal.first?["student_id"] as? String == learner)
  }

  @Test(arguments: [
    ("/xapi/py%20101/statements", "py 101"), ("/xapi/statements?course=py101", "py101"),
  ])
  func thePathOrTheQueryNamesTheCourse(path: String, course: String) async throws {
    let journal = try await Self.send(Self.statement(), to: path).journal
    #expect(journal.first?["course_id"] as? String == course)
  }

  @Test func putGivesTheIdAndIsAnsweredWithoutContent() async throws {
    let path = "/xapi/statements?statementId=\(Self.id.uppercased())"
    let (answer, journal) = try await Self.send(Self.statement(id: nil), "PUT", to: path)
    #expect(answer.status == 204)
    #expect(answer.headers["x-experience-api-version"] == "1.0.3")
    #expect(journal.first?["event_id"] as? String == Self.id)
    let other = Self.id.replacing("1234-4678", with: "1234-4679")
    for body in [Self.statement(id: other), "[\(Self.statement())]"] {
      let (answer, journal) = try await Self.send(body, "PUT", to: path)
      #expect(answer.status == 400)
      #expect(journal.isEmpty)
    }
  }

  /// Those without an id: by what they say, or each anew where they do not say when.
  @Test func withoutAnIdTheContentsSayWhetherItIsTheSame() async throws {
    let dated = Self.statement(id: nil)
    let undated = Self.statement(id: nil, timestamp: nil)
    let (answer, journal) = try await Self.send("[\(dated),\(dated),\(undated),\(undated)]")
    let ids = try #require(
      try JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [String])
    #expect(ids == journal.compactMap { $0["event_id"] as? String })
    #expect(ids.count == 4)
    #expect(Set(ids).count == 3)
    #expect(ids[0] == ids[1])
  }

  @Test func aResponseIsKeptOnlyWhereWorkIs() async throws {
    let body = Self.statement(more: #","result":{"success":true,"response":"6*7"}"#)
    #expect(try await Self.send(body).journal.first?["answer"] == nil)
    let kept = try await Self.send(body, keepsWork: true).journal
    #expect(kept.first?["answer"] as? String == "6*7")
  }

  /// One fault, and nothing of the request is taken.
  @Test(arguments: [
    (#""actor":{"#, #""actor":{"mbox":"mailto:a@b.example","#, "/actor: must have exactly one of"),
    (#""name":"Ada""#, #""nickname":"Ada""#, "/actor/nickname: is not known here"),
    (
      #"{"account":{"homePage":"https://school.example","name":"s-1"},"name":"Ada"}"#,
      #"{"objectType":"Group","member":[]}"#, "/actor: must have members"
    ),
    ("https://school.example\",", "school\",", "/actor/account/homePage: must be an IRI"),
    (#""success":true"#, #""success":true,"success":false"#, "/result/success: is given more"),
    (#""success":true"#, #""success":null"#, "/result/success: must not be null"),
    (#""success":true"#, #""duration":"PT""#, "/result/duration: must be a duration"),
    (#""raw":3"#, #""scaled":1.01"#, "/result/score/scaled: must be from -1.0 to 1.0"),
    (#""raw":3"#, #""raw":5"#, "/result/score/raw: must be from min to max"),
    (#""max":4"#, #""max":0"#, "/result/score/max: must be above min"),
    (#""id":"12345678-"#, #""id":"2345678-"#, "/id: must be a UUID"),
    ("2026-11-27T08:28:47.114Z", "2026-11-27T08:28:47.114-00:00", "/timestamp: must be a date"),
    (#"{"en":"Loops"}"#, #"{"en us":"Loops"}"#, "/object/definition/name/en us: has a name"),
    (#""parent":"#, #""cousin":"#, "/context/contextActivities/cousin: is not known here"),
    ("verbs/answered", "verbs/voided", "/object/objectType: must be StatementRef"),
    (
      #""context":{"#,
      #""attachments":[{"usageType":"urn:x","display":{},"contentType":"x","length":1,"sha2":"x"}],"context":{"#,
      "/attachments/0/fileUrl: is required"
    ),
  ])
  func aMalformedStatementIsRefusedByTheNameOfItsFault(
    old: String, new: String, detail: String
  ) async throws {
    let bad = Self.statement(id: Self.id).replacing(old, with: new)
    #expect(bad != Self.statement())
    let (answer, journal) = try await Self.send("[\(Self.statement(id: nil)),\(bad)]")
    #expect(answer.status == 400)
    #expect(answer.headers["x-experience-api-version"] == "1.0.3")
    #expect(
      answer.body.replacing("\\/", with: "/").contains("statement 1, \(detail)"), "\(answer.body)")
    #expect(journal.isEmpty)
  }

  @Test func twoStatementsOfOneIdAreNoRequest() async throws {
    let (answer, journal) = try await Self.send(
      "[\(Self.statement()),\(Self.statement("passed"))]")
    #expect(answer.status == 400)
    #expect(journal.isEmpty)
  }

  @Test(arguments: [
    ("POST", "/xapi/statements", "X: y", 400, "X-Experience-API-Version is required"),
    ("POST", "/xapi/statements", "X-Experience-API-Version: 0.95", 400, "must be one of 1.0"),
    ("POST", "/xapi/statements", "X-Experience-API-Version: 1.0.x", 400, "must be one of 1.0"),
    ("POST", "/xapi/statements?method=PUT", version, 400, "alternate request syntax"),
    ("POST", "/xapi/statements?curse=x", version, 400, "the query may hold course"),
    ("PUT", "/xapi/statements", version, 400, "statementId is required"),
    ("GET", "/xapi/statements", version, 405, "sent by POST or PUT"),
    ("DELETE", "/xapi/statements", version, 405, "sent by POST or PUT"),
    ("POST", "/xapi/about", version, 405, "by GET"),
  ])
  func aRequestThatIsNotOfTheApiIsToldWhy(
    method: String, path: String, field: String, status: Int, detail: String
  ) async throws {
    let (answer, journal) = try await Self.send(Self.statement(), method, to: path, [field])
    #expect(answer.status == status)
    #expect(answer.body.contains(detail), "\(answer.body)")
    #expect(["1.0.3", "2.0.0"].contains(answer.headers["x-experience-api-version"]))
    #expect(journal.isEmpty)
  }

  @Test func attachmentsDoNotComeInTheRequest() async throws {
    let (answer, _) = try await Self.send(
      "--x", "POST", to: "/xapi/statements",
      [Self.version, "Content-Type: multipart/mixed; boundary=x"])
    #expect(answer.status == 415)
    #expect(answer.body.contains("without attachments"))
  }

  @Test func aboutSaysTheVersionsToEverybody() async throws {
    for path in ["/xapi/about", "/xapi/py101/about"] {
      let answer = try await Self.send("", "GET", to: path, []).answer
      #expect(answer.status == 200)
      #expect(answer.body == #"{"version":["2.0.0","1.0.3"]}"#)
      #expect(answer.headers["x-experience-api-version"] == "2.0.0")
    }
    let newer = ["X-Experience-API-Version: 2.0.0"]
    let answer = try await Self.send(Self.statement(), "POST", to: "/xapi/statements", newer).answer
    #expect(answer.status == 200)
    #expect(answer.headers["x-experience-api-version"] == "2.0.0")
  }

  @Test func aPageOfAnotherOriginMayPut() async throws {
    let (answer, _) = try await Self.send(
      "", "OPTIONS", to: "/xapi/statements", ["Origin: https://lesson.example"])
    #expect(answer.status == 204)
    #expect(answer.headers["access-control-allow-methods"] == "POST, PUT, OPTIONS")
    #expect(
      answer.headers["access-control-allow-headers"]?.contains("x-experience-api-version") == true)
  }

  @Test(arguments: [
    ("P1Y2M3DT4H5M6.5S", true), ("PT36H", true), ("P2W", true), ("PT0.5S", true),
    ("P1DT", false), ("P", false), ("PT1H30", false), ("P1.5DT1H", false), ("1D", false),
    ("PT1S1M", false), ("P1WT1H", false), ("-PT1S", false), ("P1H", false),
  ])
  func durationsAreOfISO8601(text: String, isOne: Bool) {
    #expect((StatementDuration(text) != nil) == isOne)
  }

  @Test(arguments: [
    ("PT1.5S", 1.5), ("P1DT1S", 86_401), ("P1Y", nil), ("PT1000000000S", 1e9),
    ("PT1000000001S", nil), ("P1" + String(repeating: "0", count: 305) + "W", nil),
  ])
  func durationsAreWhatAnEventCanSay(text: String, seconds: Double?) {
    #expect(StatementDuration(text)?.seconds == seconds)
  }

  @Test(arguments: [
    ("urn:x", true), ("https://a/b c", false), ("a/b", false), (":x", false), ("http:", false),
    ("1a:b", false), ("https://a/é", true), ("https://a/<b>", false),
  ])
  func namesOfThingsAreIRIs(text: String, isOne: Bool) {
    #expect(StatementText.isIRI(text) == isOne)
  }
}
