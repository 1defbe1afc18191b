import CurlTransport
import Foundation
import LocalStack
import ProgressBusTesting
import Testing

extension EndToEnd {
  /// A lesson at the real program, recorded while it goes on and played back by another process afterwards.
  @Suite struct PlaybackTests {
    private static let course = "/api/v1/courses/py101"
    private static let reads = ["progress", "students", "exercises", "help"]

    /// What is posted between two moments.
    private static let steps = [
      """
      {"event_type":"cell_executed","student_id":"ann","cell_id":"a","cell_index":0,"has_error":false},
      {"event_type":"cell_executed","student_id":"bob","cell_id":"a","cell_index":0,"has_error":true,"error_name":"NameError"}
      """,
      """
      {"event_type":"help","student_id":"bob"},
      {"event_type":"cell_started","student_id":"ann","cell_id":"b","cell_index":1},
      {"event_type":"cell_executed","student_id":"cy","cell_id":"a","cell_index":0,"has_error":true}
      """,
      """
      {"event_type":"help_stop","student_id":"bob"},
      {"event_type":"exercise_checked","student_id":"cy","exercise_id":"q1","cell_id":"a","passed":true},
      {"event_type":"cell_executed","student_id":"bob","cell_id":"a","cell_index":0,"has_error":false},
      {"event_type":"cell_executed","student_id":"ann","cell_id":"b","cell_index":1,"has_error":false}
      """,
      """
      {"event_type":"cell_executed","student_id":"ann","cell_id":"b","cell_index":1,"has_error":true},
      {"event_type":"notebook_closed","student_id":"ann"}
      """,
    ]

    @Test func aLessonIsPlayedBackAsItWasSeen() async throws {
      try await withDeployment { deployment in
        let process = try await deployment.serve("ingest,worker,dashboard")
        let sender = EventSender(to: process)
        var recorded: [(path: String, moment: String, answer: String)] = []
        for step in Self.steps {
          let named = step.replacing(
            #""student_id""#, with: #""course_id":"py101","notebook_path":"n.ipynb","student_id""#)
          let response = try await sender.post("[\(named)]")
          #expect(response.status == 202, "\(response.text)")
          let stored = sender.accepted.count
          try await eventually("the events are stored") {
            try await deployment.count("progress_events") + deployment.count("exercise_checks")
              == stored
          }
          // An answer that began before they were may be given once more.
          let posted = Date.now.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
          for read in Self.reads {
            var answer: [String: Any] = [:]
            try await eventually("an answer of now") {
              answer = try await Self.get("\(Self.course)/\(read)", from: process)
              return try #require(answer["generated_at"] as? String) > posted
            }
            recorded.append(
              (read, try #require(answer["generated_at"] as? String), try Self.text(answer)))
          }
        }

        let another = try await deployment.serve("dashboard")
        for (read, moment, seen) in recorded.reversed() {
          let answer = try await Self.get("\(Self.course)/\(read)?at=\(moment)", from: another)
          #expect(try Self.text(answer) == seen, "\(read) at \(moment)")
        }
        #expect(recorded.contains { $0.path == "help" && $0.answer.contains("bob") })
        #expect(recorded.contains { $0.path == "students" && $0.answer.contains(#""since""#) })
        let lessons = try await Self.get("\(Self.course)/lessons", from: another)
        #expect((lessons["lessons"] as? [Any])?.count == 1)
        #expect(lessons["gap_minutes"] as? Int == 30)
      }
    }

    private static func get(
      _ path: String, from process: ProgressBusProcess
    ) async throws -> [String: Any] {
      let answer = try await HTTP.shared.get(process.url + path)
      try #require(answer.status == 200, "\(answer.text)")
      return try #require(
        JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any])
    }

    /// In one form, without where the live stream goes on.
    private static func text(_ answer: [String: Any]) throws -> String {
      var answer = answer
      answer["stream_id"] = nil
      let data = try JSONSerialization.data(withJSONObject: answer, options: .sortedKeys)
      return String(decoding: data, as: UTF8.self)
    }
  }
}
