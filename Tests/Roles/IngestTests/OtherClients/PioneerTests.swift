import Cryptography
import Events
import Foundation
import HTTPServerTesting
import Logging
import Observability
import ProgressBusTesting
import Testing

@testable import Access
@testable import Ingest

/// What jupyterlab-pioneer 1.7.3 sent from a real JupyterLab, and what becomes of it.
@Suite(.timeLimit(.minutes(2))) struct PioneerTests {
  /// No word of ours has it.
  private static let mark = "qzxmark"

  private static func body(
    _ name: String, info: String = "null", params: String = #"{"course":"py101"}"#,
    env: String = #"[{"JUPYTERHUB_USER":"s-1"}]"#, time: String = "1795768131176"
  ) -> String {
    #"""
    {"data":{"eventDetail":{"eventName":"\#(name)","eventTime":\#(time),"eventInfo":\#(info)},
     "notebookState":{"sessionID":"dd09","notebookPath":"week1.ipynb",
     "notebookContent":{"cells":[{"source":"\#(mark)"}]}}},"params":\#(params),"env":\#(env)}
    """#
  }

  private static let times = #"""
    {"iopub.status.busy":"2026-11-27T08:28:50.972000Z","iopub.execute_input":"2026-11-27T08:28:50.973000Z",
     "shell.execute_reply.started":"2026-11-27T08:28:50.972350Z","shell.execute_reply":"2026-11-27T08:28:51.167572Z"}
    """#

  private static func cell(
    type: String = "code", success: String = "true", error: String = "null",
    metadata: String = #"{"trusted":true,"execution":\#(times)}"#, index: Int = 3
  ) -> String {
    #"""
    {"cells":[{"id":"cell-3","index":\#(index),"type":"\#(type)","metadata":\#(metadata)}],
     "success":\#(success),"kernelError":\#(error)}
    """#
  }

  private static let zeroDivision =
    #"{"errorName":"ZeroDivisionError","errorValue":"division by zero","traceback":["\#(mark)"]}"#

  private static func answering(
    _ change: (inout IngestConfiguration) -> Void = { _ in }
  ) -> IngestConfiguration {
    var configuration = IngestConfiguration()
    configuration.clients.answered = [.pioneer]
    change(&configuration)
    return configuration
  }

  /// Sends bodies one after another.
  private static func send(
    _ bodies: [String], to path: String = "/pioneer",
    _ configuration: IngestConfiguration = answering()
  ) async throws -> (answers: [RawClient.Response], journal: [[String: Any]]) {
    let sent = try await withIngest(configuration) { server in
      let client = try await RawClient(port: server.port)
      defer { client.close() }
      var answers: [RawClient.Response] = []
      for body in bodies {
        answers.append(try await client.post(body, to: path, ["Content-Type: application/json"]))
      }
      return (answers, try await server.journal())
    }
    let journal = try sent.1.map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    return (sent.0, journal)
  }

  /// The fields of the only event, in one line.
  private static func line(_ event: [String: Any]?) -> String {
    (event ?? [:]).filter { !["event_id", "received_at", "corrected_at"].contains($0.key) }
      .map { "\($0.key)=\($0.value)" }.sorted().joined(separator: " ")
  }

  @Test func aCellThatRanIsAnEventByTheKernelsTime() async throws {
    let failed = Self.cell(success: "false", error: Self.zeroDivision)
    let (answers, journal) = try await Self.send([
      Self.body("CellExecuteEvent", info: failed), Self.body("CellExecuteEvent", info: Self.cell()),
    ])
    #expect(answers.map(\.status) == [202, 202])
    let common =
      "cell_id=cell-3 cell_index=3 cell_type=code course_id=py101 duration_ms=195.222"
    #expect(
      Self.line(journal.first)
        == "\(common) error_message=division by zero error_name=ZeroDivisionError "
        + "event_type=cell_executed has_error=1 notebook_path=week1.ipynb "
        + "occurred_at=2026-11-27T08:28:51.167572Z session_id=dd09 student_id=s-1")
    #expect(
      Self.line(journal.last)
        == "\(common) event_type=cell_executed has_error=0 notebook_path=week1.ipynb "
        + "occurred_at=2026-11-27T08:28:51.167572Z session_id=dd09 student_id=s-1")
  }

  /// JupyterLab keeps times only where it is told to, and pioneer sends them only where it is told to.
  @Test(arguments: ["null", #"{"trusted":true}"#])
  func withoutTheKernelsTimeTheBrowsersCounts(metadata: String) async throws {
    let (_, journal) = try await Self.send([
      Self.body("CellExecuteEvent", info: Self.cell(metadata: metadata, index: -1))
    ])
    #expect(
      Self.line(journal.first)
        == "cell_id=cell-3 cell_type=code course_id=py101 event_type=cell_executed has_error=0 "
        + "notebook_path=week1.ipynb occurred_at=2026-11-27T08:28:51.176000Z session_id=dd09 "
        + "student_id=s-1")
  }

  @Test func notebooksAreOpenedAndSavedAndAllElseIsLeftAlone() async throws {
    let aborted = Self.cell(success: "false", error: #"{"message":"","traceback":null}"#)
    let bodies = [
      Self.body("NotebookOpenEvent", info: #"{"environ":{"TOKEN":"\#(Self.mark)"}}"#),
      Self.body("NotebookSaveEvent"), Self.body("NotebookVisibleEvent"),
      Self.body("CellEditEvent", info: #"{"index":1,"doc":["\#(Self.mark)"],"type":"code"}"#),
      Self.body("CellExecuteEvent", info: Self.cell(type: "markdown")),
      Self.body("CellExecuteEvent", info: aborted),
    ]
    let (answers, journal) = try await Self.send(bodies)
    #expect(answers.map(\.status) == Array(repeating: 202, count: 6))
    #expect(answers.last?.body == #"{"accepted":[],"rejected":[]}"#)
    #expect(journal.map { $0["event_type"] as? String } == ["notebook_opened", "notebook_saved"])
  }

  /// The learner's work and the server's environment come along with what is taken, too.
  @Test func nothingOfAnEnvironmentOrOfWorkIsInTheJournalOrAnAnswer() async throws {
    let environ = #"{"environ":{"TOKEN":"\#(Self.mark)","\#(Self.mark)":"x"}}"#
    let configuration = Self.answering { $0.keepsWork = true }
    let failed = Self.cell(success: "false", error: Self.zeroDivision)
    let (answers, journal) = try await Self.send(
      [
        Self.body("NotebookOpenEvent", info: environ),
        Self.body("NotebookOpenEvent", info: environ, env: "[]"),
        Self.body("NotebookOpenEvent", info: environ, time: #""\#(Self.mark)""#),
        Self.body(Self.mark, info: environ), Self.body("CellExecuteEvent", info: failed),
        String(Self.body("NotebookOpenEvent", info: environ).dropLast(3)),
      ], configuration)
    #expect(answers.map(\.status) == [202, 422, 422, 202, 202, 400])
    #expect(journal.count == 2)
    for text in answers.map(\.body) + journal.map({ "\($0)" }) {
      #expect(!text.contains(Self.mark), "\(text)")
    }
  }

  @Test func whatIsSentAgainIsTheSameEventWhateverComesAlong() async throws {
    let bodies = [
      Self.body("NotebookOpenEvent", info: #"{"environ":{"A":"1"}}"#),
      Self.body("NotebookOpenEvent", info: #"{"environ":{"A":"2"}}"#),
      Self.body("NotebookOpenEvent", time: "1795768131177"),
      Self.body("NotebookOpenEvent", env: #"[{"JUPYTERHUB_USER":"s-2"}]"#),
    ]
    let identifiers = try await Self.send(bodies).journal.map { $0["event_id"] as? String }
    #expect(identifiers[0] == identifiers[1])
    #expect(Set(identifiers).count == 3)
    #expect(identifiers.allSatisfy { $0?.dropFirst(14).first == "5" })
    // Whoever does not know the salt cannot try out whose it is.
    let salted = try await Self.send(bodies, Self.answering { $0.clients.salt = "pepper" })
    #expect(Set(salted.journal.map { $0["event_id"] as? String }).isDisjoint(with: identifiers))
  }

  @Test func theLearnerAndTheCourseAreFoundUnderTheirNames() async throws {
    let configuration = Self.answering {
      $0.clients.pioneerLearner = ["STUDENT", "JUPYTERHUB_USER"]
      $0.clients.course = "other"
    }
    let (answers, journal) = try await Self.send(
      [
        Self.body(
          "NotebookSaveEvent", env: #"[{"HOME":"/x"},{"STUDENT":null},{"JUPYTERHUB_USER":"b"}]"#),
        Self.body("NotebookSaveEvent", params: #"{"STUDENT":"c"}"#, env: "[]"),
        Self.body("NotebookSaveEvent", params: "null", env: #"{"STUDENT":"d"}"#),
      ], configuration)
    #expect(answers.map(\.status) == [202, 202, 422])
    #expect(journal.map { $0["student_id"] as? String } == ["b", "c"])
    #expect(journal.map { $0["course_id"] as? String } == ["py101", "other"])
    #expect(answers[2].body.contains(#""pointer":"/env","code":"required""#))
    #expect(answers[2].body.contains("STUDENT or JUPYTERHUB_USER"))
  }

  @Test(arguments: [
    (body("NotebookOpenEvent", time: "null"), "/data/eventDetail/eventTime", "required"),
    (body("NotebookOpenEvent", time: "1.5"), "/data/eventDetail/eventTime", "type"),
    (body("NotebookOpenEvent", time: "1e18"), "/data/eventDetail/eventTime", "type"),
    (body("NotebookOpenEvent", time: "4000000000000"), "/data/eventDetail/eventTime", "in_future"),
    (
      body("NotebookOpenEvent", env: #"[{"A":"b"},{"JUPYTERHUB_USER":""}]"#),
      "/env/1/JUPYTERHUB_USER", "too_short"
    ),
    (
      body("NotebookOpenEvent", params: #"{"course":"\#(String(repeating: "x", count: 129))"}"#),
      "/params/course", "too_long"
    ),
    (
      body("CellExecuteEvent", info: cell(success: #""yes""#)),
      "/data/eventDetail/eventInfo/success", "type"
    ),
    (
      body("CellExecuteEvent", info: cell(index: -2)),
      "/data/eventDetail/eventInfo/cells/0/index", "out_of_range"
    ),
    (#"{"data":{}}"#, "/data/eventDetail/eventName", "required"),
    ("[]", "/data/eventDetail/eventName", "required"),
    (
      body("NotebookOpenEvent").replacing(#""week1.ipynb""#, with: "null"),
      "/data/notebookState/notebookPath", "required"
    ),
  ])
  func aFaultNamesTheSendersField(body: String, pointer: String, code: String) async throws {
    let (answers, journal) = try await Self.send([body])
    #expect(answers[0].status == 422)
    #expect(
      answers[0].body.contains(#"{"pointer":"\#(pointer)","code":"\#(code)","#),
      "\(answers[0].body)")
    #expect(journal.isEmpty)
  }

  @Test func messagesThatAreTooLongAreCut() async throws {
    let error = #"{"errorName":"\#(String(repeating: "E", count: 300))","#
    let value = #""errorValue":"\u0000\#(String(repeating: "日", count: 5000))"}"#
    let (answers, journal) = try await Self.send([
      Self.body("CellExecuteEvent", info: Self.cell(success: "false", error: error + value))
    ])
    #expect(answers[0].status == 202)
    #expect((journal.first?["error_name"] as? String)?.count == 256)
    let message = journal.first?["error_message"] as? String
    #expect(message?.unicodeScalars.count == 4096)
    #expect(message?.hasPrefix("\u{FFFD}日") == true)
  }

  @Test func theHoursPathIsTheSameAndOthersPassAsTheyDoWithoutTheSetting() async throws {
    let body = Self.body("NotebookSaveEvent")
    #expect(try await Self.send([body], to: "/pioneer/2026/11/27/08").answers[0].status == 202)
    #expect(try await Self.send([body], to: "/pioneer?x=/1").answers[0].status == 202)
    for path in ["/pioneer/", "/pioneer/2026/11/27", "/pioneer/2026/11/27/08/1", "/Pioneer"] {
      #expect(try await Self.send([body], to: path).answers[0].status == 404, "\(path)")
    }
    #expect(try await Self.send([body], IngestConfiguration()).answers[0].status == 404)
  }

  @Test func linesAreNoneOfItsForms() async throws {
    try await withIngest(Self.answering()) { server in
      let client = try await RawClient(port: server.port)
      defer { client.close() }
      let answer = try await client.post(
        Self.body("NotebookSaveEvent"), to: "/pioneer", ["Content-Type: application/x-ndjson"])
      #expect(answer.status == 415)
      #expect(answer.body.contains("Content-Type must be application/json\""))
      // The connection is ours again for events in our own form.
      #expect(try await client.post(SampleText.event()).status == 202)
      #expect(try await client.post(Self.body("NotebookSaveEvent"), to: "/pioneer").status == 202)
      #expect(try await client.post(Self.body("NotebookHiddenEvent"), to: "/pioneer").status == 202)
      let metrics = server.metrics.prometheusText()
      for (outcome, count) in [("taken", 1), ("ignored", 1), ("invalid", 0)] {
        let name = "progressbus_other_client_events_total"
        #expect(
          metrics.contains("\(name){client=\"pioneer\",outcome=\"\(outcome)\"} \(count)\n"))
      }
    }
  }

  @Test func aTokenIsGoodForItsLearnerAlone() async throws {
    let keys = KeyStore(
      secret: try VerificationKey(secret: Array(TestTokens.secret.utf8)), source: nil,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let token = try TestTokens.token(scope: "ingest", subject: "s-1")
    try await withIngest(Self.answering(), access: keys) { server in
      let client = try await RawClient(port: server.port)
      defer { client.close() }
      let fields = ["Authorization: Bearer \(token)"]
      let mine = Self.body("NotebookSaveEvent")
      #expect(try await client.post(mine, to: "/pioneer", fields).status == 202)
      let other = try await client.post(
        mine.replacing("s-1", with: "s-2"), to: "/pioneer", fields)
      #expect(other.status == 422)
      #expect(other.body.contains(#""pointer":"/env/0/JUPYTERHUB_USER","code":"not_allowed""#))
      #expect(try await client.post(mine, to: "/pioneer").status == 401)
    }
  }
}
