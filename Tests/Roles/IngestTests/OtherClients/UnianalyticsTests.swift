import Foundation
import HTTPServerTesting
import ProgressBusTesting
import Testing

@testable import Ingest

/// What jupyterlab-unianalytics-telemetry 5.1.1 sent from a real JupyterLab, and what becomes of it.
@Suite(.timeLimit(.minutes(2))) struct UnianalyticsTests {
  private static let ran = #"""
    {"notebook_id":"3f0f2f5c","language_mimetype":"text/x-python","cell_id":"cell-3","orig_cell_id":"orig-3",
     "t_start":"2026-11-27T08:28:50.972350Z","t_finish":"2026-11-27T08:28:51.167572Z","status":"error","cell_input":"1/0",
     "cell_output_model":[{"output_type":"stream","text":"x"},{"traceback":["\u001b[31m---"],"ename":"ZeroDivisionError",
     "evalue":"division by zero","output_type":"error"}],"cell_output_length":16,"user_id":"u-1"}
    """#
  private static let opened = #"""
    {"notebook_id":"3f0f2f5c","click_type":"ON","time":"2026-11-27T08:28:47.114Z","click_duration":null,"user_id":"u-1"}
    """#

  /// Sends bodies one after another.
  private static func send(
    _ requests: [(path: String, body: String)],
    _ change: (inout IngestConfiguration) -> Void = { _ in }
  ) async throws -> (answers: [RawClient.Response], journal: [String]) {
    var configuration = IngestConfiguration()
    configuration.clients.answered = [.unianalytics]
    configuration.clients.course = "py101"
    change(&configuration)
    return try await withIngest(configuration) { server in
      let client = try await RawClient(port: server.port)
      defer { client.close() }
      var answers: [RawClient.Response] = []
      for (path, body) in requests {
        answers.append(
          try await client.post(
            body, to: "/send/\(path)",
            ["Content-Type: application/json", "Origin: http://127.0.0.1:8888"]))
      }
      return (answers, try await server.journal())
    }
  }

  @Test func aCellThatRanIsAnEventOfTheTeachersCell() async throws {
    let ok = Self.ran.replacing(#""error","cell_input""#, with: #""ok","cell_input""#)
      .replacing(#""orig_cell_id":"orig-3","#, with: "")
    let (answers, journal) = try await Self.send([("exec/code", Self.ran), ("exec/code", ok)])
    #expect(answers.map(\.status) == [202, 202])
    #expect(answers[0].headers["access-control-allow-origin"] == "*")
    #expect(
      journal[0].contains(
        #""course_id":"py101","corrected_at":"#)
        && journal[0].hasSuffix(
          #""student_id":"u-1","notebook_path":"3f0f2f5c","cell_id":"orig-3","cell_type":"code","has_error":true,"#
            + #""error_name":"ZeroDivisionError","error_message":"division by zero","duration_ms":195.222}"#
        ),
      "\(journal[0])")
    #expect(journal[0].contains(#""occurred_at":"2026-11-27T08:28:51.167572Z""#))
    #expect(
      journal[1].hasSuffix(
        #""cell_id":"cell-3","cell_type":"code","has_error":false,"duration_ms":195.222}"#),
      "\(journal[1])")
  }

  @Test func notebooksAreOpenedAndClosedAndAllElseIsLeftAlone() async throws {
    let closed = Self.opened.replacing(#""ON""#, with: #""OFF""#)
    let (answers, journal) = try await Self.send([
      ("clickevent/notebook", Self.opened), ("clickevent/notebook", closed),
      ("exec/markdown", "{}"), ("clickevent/cell", Self.opened), ("alter", "{}"),
      ("pending_update_interaction", "{}"),
    ])
    #expect(answers.map(\.status) == Array(repeating: 202, count: 6))
    #expect(journal.count == 2)
    #expect(journal[0].contains(#""event_type":"notebook_opened""#))
    #expect(journal[1].contains(#""event_type":"notebook_closed""#))
  }

  @Test func whatIsSentAgainIsTheSameEventWhateverTheServerKeeps() async throws {
    let sent = Array(repeating: ("exec/code", Self.ran), count: 2)
    let dropped = try await Self.send(sent).journal
    let kept = try await Self.send(sent) { $0.keepsWork = true }.journal
    #expect(Set((dropped + kept).map { $0.prefix(60) }).count == 1)
    #expect(dropped.allSatisfy { !$0.contains("1/0") })
    #expect(kept.allSatisfy { $0.contains(#""code":"1/0""#) })
  }

  @Test func codeThatDoesNotFitIsLeftOutAndNotTheEvent() async throws {
    let long = Self.ran.replacing("1/0", with: String(repeating: "x", count: 70_000))
    for keepsWork in [false, true] {
      let (answers, journal) = try await Self.send([("exec/code", long)]) {
        $0.keepsWork = keepsWork
      }
      #expect(answers[0].status == 202)
      #expect(!journal[0].contains(#""code":"#))
    }
  }

  @Test(arguments: [
    ("exec/code", #""status":"error""#, #""status":"no""#, "/status", "unknown_value"),
    ("exec/code", #""t_finish":"2"#, #""t_finish":"x"#, "/t_finish", "format"),
    ("exec/code", #""t_finish""#, #""t""#, "/t_finish", "required"),
    ("exec/code", #""u-1""#, "7", "/user_id", "type"),
    ("exec/code", #""orig-3""#, "[]", "/orig_cell_id", "type"),
    ("exec/code", #""notebook_id""#, #""id""#, "/notebook_id", "required"),
    ("clickevent/notebook", #""ON""#, #""on""#, "/click_type", "unknown_value"),
    ("clickevent/notebook", #""time""#, #""t""#, "/time", "required"),
  ])
  func aFaultNamesTheSendersField(
    path: String, old: String, new: String, pointer: String, code: String
  ) async throws {
    let body = (path == "exec/code" ? Self.ran : Self.opened).replacing(old, with: new)
    let (answers, journal) = try await Self.send([(path, body)])
    #expect(answers[0].status == 422)
    #expect(
      answers[0].body.contains(#"{"pointer":"\#(pointer)","code":"\#(code)","#),
      "\(answers[0].body)")
    #expect(journal.isEmpty)
  }

  @Test func eachPathHasItsPreflight() async throws {
    var configuration = IngestConfiguration()
    configuration.clients.answered = [.unianalytics]
    try await withIngest(configuration) { server in
      let client = try await RawClient(port: server.port)
      defer { client.close() }
      for path in OtherClient.unianalytics.paths {
        try await client.send(
          client.head(
            [
              "Origin: http://127.0.0.1:8888", "Access-Control-Request-Method: POST",
              "Access-Control-Request-Headers: content-type",
            ], to: path, method: "OPTIONS"))
        let answer = try await client.response()
        #expect(answer.status == 204, "\(path)")
        #expect(answer.headers["access-control-allow-origin"] == "*")
        #expect(answer.headers["access-control-allow-headers"]?.contains("content-type") == true)
        #expect(answer.headers["access-control-max-age"] == "86400")
      }
      try await client.send(client.head([], to: "/send/exec", method: "OPTIONS"))
      #expect(try await client.response().status == 404)
    }
  }
}
