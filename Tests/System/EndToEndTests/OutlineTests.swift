import CurlTransport
import Foundation
import HTTPTypes
import LocalStack
import ProgressBusTesting
import Testing

extension EndToEnd {
  /// Outlines of notebooks, by command and by the API of the real program.
  @Suite struct OutlineTests {
    private struct Outline: Decodable, Equatable {
      struct Entry: Decodable, Equatable {
        let kind: String
        let title: String?
        let id: String?
      }
      let notebook: String?
      let version: Int?
      let entries: [Entry]

      enum CodingKeys: String, CodingKey {
        case notebook = "notebook_path"
        case version, entries
      }
    }

    static let notebook = """
      {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [
        {"cell_type": "markdown", "id": "m1", "metadata": {}, "source": ["# Soup"]},
        {"cell_type": "code", "id": "c7", "metadata": {}, "execution_count": 1,
         "source": "# Boil water\\nkettle.secret()", "outputs": [{"output_type": "stream", "name": "stdout", "text": "secret"}]}
      ]}
      """

    private static func outline(
      _ process: ProgressBusProcess, _ query: String, course: String = "py101"
    ) async throws -> Outline {
      let answer = try await HTTP.shared.get(
        "\(process.url)/api/v1/courses/\(course)/outline?\(query)")
      try #require(answer.status == 200, "\(answer.text)")
      return try answer.decoded()
    }

    private static func send(
      _ method: HTTPRequest.Method, _ process: ProgressBusProcess, _ query: String,
      _ body: String = "", type: String = "application/json"
    ) async throws -> TransportResponse {
      try await HTTP.shared.transport.send(
        TransportRequest(
          method, "\(process.url)/api/v1/courses/py101/outline\(query)",
          headers: [.contentType: type], body: Array(body.utf8)))
    }

    @Test func anOutlineIsUploadedShownVersionedAndDeleted() async throws {
      try await withDeployment { deployment in
        let process = try await deployment.serve("dashboard")
        let none = try await Self.outline(process, "notebook=soup.ipynb")
        #expect(none == Outline(notebook: nil, version: nil, entries: []))

        let path = "\(deployment.folder)/soup.ipynb"
        try Self.notebook.write(toFile: path, atomically: true, encoding: .utf8)
        let uploaded = try await deployment.run("outline", "upload", path, "--course", "py101")
        #expect(uploaded.output == "soup.ipynb: version 1, 1 cells, 1 headings\n", "\(uploaded)")
        let first = Outline(
          notebook: "soup.ipynb", version: 1,
          entries: [
            .init(kind: "heading", title: "Soup", id: nil),
            .init(kind: "cell", title: "Boil water", id: "c7"),
          ])
        let noted = try await deployment.run("audit", "--action", "outlines")
        #expect(noted.output.contains("outlines.upload  done  count=1"), "\(noted)")
        // The path of a learner's copy.
        #expect(try await Self.outline(process, "notebook=home/ann/soup.ipynb") == first)
        #expect(try await Self.outline(process, "notebook=salad.ipynb") == none)
        #expect(try await Self.outline(process, "notebook=soup.ipynb", course: "py102") == none)

        // The same outline, with other sources and outputs.
        let again = try await Self.send(
          .put, process, "?notebook=soup.ipynb",
          Self.notebook.replacing("secret", with: "another"))
        #expect(again.status == 200 && again.text.contains(#""version":1"#), "\(again.text)")
        let changed = try await Self.send(
          .put, process, "?notebook=soup.ipynb", Self.notebook.replacing("Boil", with: "Heat"))
        #expect(changed.status == 200 && changed.text.contains(#""version":2"#), "\(changed.text)")
        #expect(try await Self.outline(process, "notebook=soup.ipynb").version == 2)
        #expect(try await Self.outline(process, "notebook=soup.ipynb&version=1") == first)
        for number in 3...23 {
          let answer = try await Self.send(
            .put, process, "?notebook=soup.ipynb",
            Self.notebook.replacing("Boil", with: "\(number)"))
          #expect(answer.text.contains(#""version":\#(number)"#), "\(answer.text)")
        }
        // The 20 newest are kept.
        #expect(try await Self.outline(process, "notebook=soup.ipynb&version=3").version == nil)
        #expect(try await Self.outline(process, "notebook=soup.ipynb&version=4").version == 4)

        let shown = try await deployment.run(
          "outline", "show", "--course", "py101", "--notebook", "x/soup.ipynb", "--version", "22")
        #expect(
          shown.outputLines.first?.hasPrefix("soup.ipynb: version 22 of 20") ?? false, "\(shown)")
        #expect(shown.outputLines.dropFirst() == ["# Soup", "  22 water  [c7]"])
        let list = try await deployment.run("outline", "show", "--course", "py101")
        #expect(list.outputLines.count == 1 && list.output.contains("version 23"), "\(list)")

        // Nothing of sources and outputs is kept.
        #expect(
          try await deployment.count("outlines where entries::text ~ 'secret|kettle|another'") == 0)

        let other = try await Self.send(.delete, process, "?notebook=x/soup.ipynb")
        #expect(other.status == 404)
        let deleted = try await deployment.run(
          "outline", "delete", "--course", "py101", "--notebook", "soup.ipynb")
        #expect(deleted.output == "deleted 20 versions\n", "\(deleted)")
        #expect(try await Self.outline(process, "notebook=soup.ipynb") == none)
        let twice = try await deployment.run(
          "outline", "delete", "--course", "py101", "--notebook", "soup.ipynb")
        #expect(twice.status != 0)
      }
    }

    @Test func whatIsNoNotebookIsRefusedWithTheReason() async throws {
      try await withDeployment { deployment in
        let process = try await deployment.serve("dashboard")
        for (query, body, status, reason) in [
          ("", "{}", 400, "notebook must"), ("?notebook=", "{}", 400, "notebook must"),
          ("?notebook=n", "[", 422, "the notebook is no JSON"),
          ("?notebook=n", #"{"nbformat":3}"#, 422, "nbformat must be 4"),
          (
            "?notebook=n", #"{"nbformat":4,"cells":[{"cell_type":"code"}]}"#, 422,
            "cells[0].source is missing"
          ),
          (
            "?notebook=n", String(repeating: " ", count: (8 << 20) + 1), 413,
            "more than 8388608 bytes"
          ),
          ("?notebook=\(String(repeating: "%C3%A9", count: 513))", "{}", 400, "1024 bytes"),
        ] {
          let answer = try await Self.send(.put, process, query, body)
          #expect(answer.status == status, "\(query.prefix(40)): \(answer.text)")
          #expect(answer.text.contains(reason), "\(answer.text)")
        }
        let form = try await Self.send(.put, process, "?notebook=n", "{}", type: "text/plain")
        #expect(form.status == 415)
        for arguments in [
          ["upload", "/nowhere/soup.ipynb", "--course", "c"],
          ["upload", "-", "--course", "c"], ["show", "--course", ""],
          ["show", "--course", "c", "--notebook", "n"],
          ["show", "--course", "c", "--version", "1"],
        ] {
          let outcome = try await ProgressBusCommand.run(
            ["outline"] + arguments, environment: deployment.environment,
            folder: deployment.folder)
          #expect(outcome.status != 0, "\(arguments)")
        }
        let path = "\(deployment.folder)/bad.ipynb"
        try #"{"nbformat":4,"cells":7}"#.write(toFile: path, atomically: true, encoding: .utf8)
        let bad = try await deployment.run("outline", "upload", path, "--course", "c")
        #expect(bad.status == 1)
        #expect(bad.errors.contains("cells must be a list"), "\(bad)")
      }
    }

    /// An erasure takes notebooks of nobody else with it, and no outline.
    @Test func anOutlineStaysWhenItsLastLearnerIsErased() async throws {
      try await withDeployment { deployment in
        let process = try await deployment.serve("ingest,worker,dashboard")
        let event =
          #"{"event_type":"notebook_opened","student_id":"ann","course_id":"py101","notebook_path":"soup.ipynb"}"#
        #expect(try await EventSender(to: process).post(event).status == 202)
        try await eventually("she is stored") {
          try await deployment.count("notebooks") == 1
        }
        #expect(
          try await Self.send(.put, process, "?notebook=soup.ipynb", Self.notebook).status == 200)
        let erased = try await deployment.run("erase", "--student", "ann", "--yes")
        #expect(erased.status == 0, "\(erased)")
        #expect(try await deployment.count("notebooks") == 0)
        #expect(try await Self.outline(process, "notebook=soup.ipynb").version == 1)
      }
    }
  }
}
