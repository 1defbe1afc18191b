import Foundation
import LocalStack
import ProgressBusTesting
import Testing

extension EndToEnd {
  /// A class of whom many fail at one place, with no page open.
  @Suite struct ClassAlertTests {
    private struct Message: Decodable, Equatable {
      let source: String
      let alert: String
      let text: String
      let courseID: String
      let cell: String
      let title: String
      let failing: Int

      enum CodingKeys: String, CodingKey {
        case source, alert, text, cell, failing
        case courseID = "course_id"
        case title = "cell_title"
      }
    }

    private static func runs(_ learners: Range<Int>, error: String?) -> [NotebookEvent] {
      learners.map {
        NotebookEvent(
          student: "learner-\($0)", cell: "c7", cellIndex: 6, hasError: error != nil,
          errorName: error)
      }
    }

    private static func standing(_ process: ProgressBusProcess) async throws -> Double? {
      try await MetricsPage(of: process)["progressbus_class_alerts"]
    }

    private static func raised(_ process: ProgressBusProcess) async throws -> Double? {
      try await MetricsPage(of: process)["progressbus_class_alerts_raised_total"]
    }

    @Test func aCauseIsToldOnceByAllProcessesTogether() async throws {
      try await withDeployment { deployment in
        try await withFaultServer(otherwise: { _ in .text(204, "") }) { webhook in
          let environment = ["PROGRESSBUS_ALERTS_WEBHOOK_URL": webhook.url + "/class"]
          let path = "\(deployment.folder)/hello.ipynb"
          try OutlineTests.notebook.write(toFile: path, atomically: true, encoding: .utf8)
          let uploaded = try await deployment.run("outline", "upload", path, "--course", "py101")
          #expect(uploaded.status == 0, "\(uploaded)")
          let first = try await deployment.serve(
            "ingest,worker,dashboard", environment: environment)
          let second = try await deployment.serve("dashboard", environment: environment)
          for process in [first, second] {
            #expect(try await Self.standing(process) == 0)
            #expect(try await Self.raised(process) == 0)
          }
          // The first try fails.
          webhook.answerNext(.text(503, ""))
          let sender = EventSender(to: first)
          _ = try await sender.post(
            Self.runs(0..<6, error: "NameError") + Self.runs(6..<8, error: "TypeError")
              + Self.runs(8..<12, error: nil))
          try await eventually(within: .seconds(180), "the webhook is told") {
            webhook.requests.count == 2
          }
          let told = try #require(webhook.requests.last)
          #expect(told.target == "/class")
          #expect(!told.text.contains("learner-"))
          #expect(
            try JSONDecoder().decode(Message.self, from: Data(told.body))
              == Message(
                source: "progressbus", alert: "class_failing",
                text: "8 of 12 fail at “Boil water”, mostly NameError", courseID: "py101",
                cell: "c7", title: "Boil water", failing: 8))
          for process in [first, second] {
            try await eventually(within: .seconds(180), "it stands") {
              try await Self.standing(process) == 1
            }
          }
          let counts = [try await Self.raised(first) ?? 0, try await Self.raised(second) ?? 0]
          #expect(counts.reduce(0, +) == 1)

          // A process that starts finds it told already.
          let third = try await deployment.serve("dashboard", environment: environment)
          try await eventually(within: .seconds(180), "it stands in the third process") {
            try await Self.standing(third) == 1
          }
          #expect(try await Self.raised(third) == 0)

          _ = try await sender.post(Self.runs(0..<12, error: nil))
          try await eventually(within: .seconds(180), "it is over") {
            try await Self.standing(first) == 0
          }
          #expect(webhook.requests.count == 2)
          let logs = try deployment.logs
          #expect(logs.contains("many learners of a class fail at one place"))
          #expect(!logs.contains("py101") && !logs.contains("learner-"))
        }
      }
    }
  }
}
